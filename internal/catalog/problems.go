package catalog

import (
	"regexp"
	"strconv"
	"strings"
)

// ProblemFilter chooses problems. Values of one field are alternatives; the
// fields must all hold.
type ProblemFilter struct {
	Sources    []string
	Owners     []string // canonical references; an empty text means that no owner can be told
	Severities []string
	Codes      []string
	Entities   []string // canonical references
	Text       string   // part of message, entity, file or field, without regard to case
	Sort       ProblemSort
	After      string // ProblemPage.Next or Prev
	Limit      int    // 0 means 50; at most 500
}

// ProblemSort is an order of problems.
type ProblemSort string

// The orders. The empty one is by place: errors first, then source, file and
// line.
const (
	ByPlace ProblemSort = ""
	Newest  ProblemSort = "new"
	Oldest  ProblemSort = "old"
)

// ProblemSorts are all orders.
var ProblemSorts = []ProblemSort{ByPlace, Newest, Oldest}

// ProblemPage is one page of problems.
type ProblemPage struct {
	Items []Problem
	Total int
	Next  string // cursor of the next page, empty on the last
	Prev  string // cursor of the page before, empty on the first
	// Facets count, under all other conditions, the values of source, owner,
	// severity and code. Most frequent first.
	Facets map[string][]Count
}

// Dangles makes the problem of a reference to something that does not exist.
// e needs Ref, Owner and Source.
func Dangles(e Entity, owner, relation string, target Ref) Problem {
	field := fieldOf(relation, e.Ref.Kind, target.Kind)
	p := Problem{Severity: Warning, Code: "dangling", Field: field, Entity: e.Ref.String(), Owner: owner, Target: target.String(), Tags: e.Metadata.Tags,
		Message: field + " names " + target.String() + ", which is not in the catalog.",
		Fix:     "Correct the reference, or let a source hold a file that defines " + target.String() + ".",
	}.identified() // whatever the file: its age does not begin anew when the entity moves
	p.Source, p.File, p.Document, p.Line = e.Source.ID, e.Source.File, e.Source.Document, e.Source.Line
	return p
}

// fieldOf is the field that states a relation.
func fieldOf(relation, from, to string) string {
	switch relation {
	case "ownedBy":
		return "spec.owner"
	case "providesApi":
		return "spec.providesApis"
	case "consumesApi":
		return "spec.consumesApis"
	case "dependsOn", "dependencyOf", "memberOf":
		return "spec." + relation
	case "childOf":
		return "spec.parent"
	case "parentOf":
		return "spec.children"
	case "hasMember":
		return "spec.members"
	case "partOf":
		return partField(from, to)
	}
	return "spec"
}

func partField(from, to string) string {
	switch {
	case to == "component":
		return "spec.subcomponentOf"
	case to == "domain" && from == "domain":
		return "spec.subdomainOf"
	case to == "domain":
		return "spec.domain"
	}
	return "spec.system"
}

// RecordsSource is the source of problems of what is recorded from elsewhere.
const RecordsSource = "records"

// Unheard makes the problem of a name of which something was recorded (what:
// deployments, incidents, bills) and that the catalog does not hold.
func Unheard(what, ref string) Problem {
	p := Problem{Severity: Warning, Code: "unknown", Source: RecordsSource, File: what, Entity: ref,
		Message: "There are " + what + " of " + ref + ", which is not in the catalog. They are kept under this name.",
		Fix:     "Let a source hold a file that defines " + ref + ", or send the name that the catalog has.",
	}
	if r, err := ParseRef(ref, "", ""); err == nil && r.Kind == "group" {
		p.Owner = ref
	}
	return p.identified()
}

// inRepository splits the address of a file in a repository, as GitHub,
// GitLab and Gitea write it, after the branch.
var inRepository = regexp.MustCompile(`^url:(https?://[^?#]+?/(?:blob|tree|src/branch|src/tag|src/commit)/[^/?#]+/)`)

// LineURL is where a browser shows a line of a file: location is that of the
// file, or that of its source with the file's path in the repository. It is
// empty when that cannot be told, as for files of this machine.
func LineURL(location, source, file string, line int) string {
	at := ""
	switch m := inRepository.FindStringSubmatch(source); {
	case inRepository.MatchString(location):
		at = strings.TrimPrefix(location, "url:")
	case m != nil && file != "":
		at = m[1] + file
	}
	if at == "" || strings.HasPrefix(at, "https://waymark/") || strings.ContainsAny(at, " \"'<>*") {
		return ""
	}
	if line > 0 && !strings.Contains(at, "#") {
		at += "#L" + strconv.Itoa(line)
	}
	return at
}
