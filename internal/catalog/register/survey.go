package register

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	maxSurveyed = 20_000  // files that are looked at by name
	maxHead     = 4 << 10 // bytes read of a file that may be an API
	maxAPIs     = 10
)

// repo is what a repository tells of itself.
type repo struct {
	name, slug, host string
	language         string
	about            string // first paragraph of its README
	owners           []string
	owner            string // a group of the catalog
	docs             bool   // has a documentation site
	kind             string // service, library, website
	apis             []apiFile
}

// apiFile is a file that describes an API.
type apiFile struct{ path, kind string }

// languages by the ends of file names.
var languages = map[string]string{".go": "go", ".java": "java", ".kt": "kotlin", ".py": "python", ".rb": "ruby", ".rs": "rust", ".ts": "typescript",
	".tsx": "typescript", ".js": "javascript", ".jsx": "javascript", ".cs": "csharp", ".php": "php", ".scala": "scala", ".swift": "swift", ".c": "c",
	".cpp": "c++", ".ex": "elixir", ".erl": "erlang", ".hs": "haskell", ".clj": "clojure", ".dart": "dart", ".tf": "terraform"}

// survey looks at the names of all files and into the few that matter.
func survey(fsys fs.FS) *repo {
	r := &repo{kind: "library"}
	count := map[string]int{}
	files := 0
	// What cannot be read hides only itself: a proposal is no contract.
	_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir():
			if p != "." && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		case files >= maxSurveyed:
			return fs.SkipAll
		}
		files++
		if l := languages[strings.ToLower(path.Ext(p))]; l != "" {
			count[l]++
		}
		r.note(fsys, p)
		return nil
	})
	for l, n := range count {
		if best := count[r.language]; n > best || (n == best && l < r.language) {
			r.language = l
		}
	}
	r.about = about(fsys)
	r.owners = codeOwners(fsys)
	return r
}

func skipped(folder string) bool {
	return (strings.HasPrefix(folder, ".") && folder != ".github" && folder != ".gitlab") ||
		slices.Contains([]string{"node_modules", "vendor", "testdata", "third_party", "dist"}, folder)
}

// note learns from the name of a file, and looks into it if it may describe
// an API.
func (r *repo) note(fsys fs.FS, p string) {
	base := strings.ToLower(path.Base(p))
	switch {
	case p == "mkdocs.yml" || p == "mkdocs.yaml" || p == "docs/index.md":
		r.docs = true
	case strings.HasPrefix(base, "dockerfile"), strings.HasPrefix(base, "containerfile"), base == "main.go", base == "procfile":
		if r.kind != "website" {
			r.kind = "service"
		}
	case p == "index.html", p == "public/index.html", p == "src/index.html", strings.HasPrefix(p, "next.config."), strings.HasPrefix(p, "vite.config."):
		r.kind = "website"
	}
	if len(r.apis) < maxAPIs {
		if kind := apiKind(fsys, p); kind != "" {
			r.apis = append(r.apis, apiFile{p, kind})
		}
	}
}

var (
	openAPI  = regexp.MustCompile(`(?m)^\s*["']?(openapi|swagger)["']?\s*:\s*["']?[23]\.`)
	asyncAPI = regexp.MustCompile(`(?m)^\s*["']?asyncapi["']?\s*:\s*["']?[123]\.`)
)

// apiKind is the type of API that a file describes, if it does.
func apiKind(fsys fs.FS, p string) string {
	switch ext := strings.ToLower(path.Ext(p)); ext {
	case ".graphqls":
		return "graphql"
	case ".graphql", ".gql":
		if strings.HasPrefix(strings.ToLower(path.Base(p)), "schema.") {
			return "graphql"
		}
		return ""
	case ".yaml", ".yml", ".json":
		head := headOf(fsys, p)
		switch {
		case openAPI.Match(head):
			return "openapi"
		case asyncAPI.Match(head):
			return "asyncapi"
		}
	case ".proto":
		if bytes.Contains(headOf(fsys, p), []byte("\nservice ")) {
			return "grpc"
		}
	}
	return ""
}

func headOf(fsys fs.FS, p string) []byte {
	f, err := fsys.Open(p)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxHead))
	if err != nil {
		return nil
	}
	return b
}

// maxAbout is the longest description that is proposed, in bytes.
const maxAbout = 240

var (
	markdownLink  = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	markdownMarks = strings.NewReplacer("**", "", "__", "", "`", "", "<br>", " ")
)

// about is the first paragraph of prose of the README.
func about(fsys fs.FS) string {
	var text []byte
	for _, name := range []string{"README.md", "readme.md", "Readme.md", "README", "README.txt", "README.rst", "docs/README.md"} {
		if text = headOf(fsys, name); len(text) > 0 {
			break
		}
	}
	var words []string
	code := false
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if strings.HasPrefix(line, "```") {
			code = !code
			continue
		}
		plain := strings.TrimSpace(markdownMarks.Replace(markdownLink.ReplaceAllString(line, "$1")))
		prose := line != "" && !code && !strings.HasPrefix(line, "[![") && !strings.HasPrefix(line, "![") && !strings.ContainsAny(line[:1], "#<|=->*+:.")
		switch {
		case prose && plain != "":
			words = append(words, plain)
		case len(words) > 0:
			return shortened(strings.Join(words, " "))
		}
	}
	return shortened(strings.Join(words, " "))
}

func shortened(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= maxAbout {
		return s
	}
	cut := strings.LastIndexByte(s[:maxAbout], ' ')
	if end := strings.LastIndex(s[:maxAbout], ". "); end > maxAbout/3 {
		return s[:end+1]
	}
	if cut <= 0 {
		return strings.ToValidUTF8(s[:maxAbout], "")
	}
	return s[:cut] + " …"
}

// codeOwners are those of the whole repository first, then those of its parts.
func codeOwners(fsys fs.FS) []string {
	var text []byte
	for _, name := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS"} {
		if text = headOf(fsys, name); len(text) > 0 {
			break
		}
	}
	var whole, parts []string
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || strings.HasPrefix(fields[0], "[") {
			continue
		}
		for _, o := range fields[1:] {
			if strings.HasPrefix(o, "#") {
				break
			}
			o = strings.TrimPrefix(o, "@")
			if fields[0] == "*" || fields[0] == ".*" {
				whole = append(whole, o)
			} else {
				parts = append(parts, o)
			}
		}
	}
	out := append(whole, parts...)
	return out[:min(len(out), 50)]
}

// title is a name as a sentence part: what the repository calls itself.
func (r *repo) title() string { return cmp.Or(r.slug, r.name) }
