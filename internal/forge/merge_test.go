package forge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

func merger(t *testing.T) forge.Merger {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: trees are not merged")
	}
	return forge.Merger{Git: git, Dir: t.TempDir()}
}

// tree is a set of files by path.
type tree map[string]string

func (tr tree) files() []forge.File {
	var out []forge.File
	for p, text := range tr {
		f := forge.File{Path: p, Data: []byte(text)}
		if strings.HasSuffix(p, ".sh") {
			f.Mode = forge.Executable
		}
		out = append(out, f)
	}
	return out
}

func (tr tree) present() forge.Present {
	p := forge.Present{Read: func(_ context.Context, path string) ([]byte, error) { return []byte(tr[path]), nil }}
	for _, f := range tr.files() {
		p.Entries = append(p.Entries, forge.Entry{Path: f.Path, Mode: f.Mode, Hash: forge.BlobHash(f.Data), Size: int64(len(f.Data))})
	}
	return p
}

// merge returns what stands after the merge, and its conflicts.
func merge(t *testing.T, base, ours, theirs tree, more ...func(*forge.Merge)) (tree, []forge.Conflict) {
	t.Helper()
	m := forge.Merge{Base: base.files(), Theirs: theirs.files(), Ours: ours.present(), OursName: "main", TheirsName: "go-rest-api 2.0.0"}
	for _, f := range more {
		f(&m)
	}
	got, err := merger(t).Merge(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	after := tree{}
	for p, text := range ours {
		after[p] = text
	}
	for _, c := range got.Changes {
		if c.Delete {
			delete(after, c.Path)
			continue
		}
		after[c.Path] = string(c.Data)
	}
	return after, got.Conflicts
}

func TestMerge(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a line of this file\n", 5)
	for _, c := range []struct {
		name               string
		base, ours, theirs tree
		rules              func(*forge.Merge)
		want               tree
		conflicts          map[string]string // path to kind
	}{
		{name: "both sides, other lines", base: tree{"a": "1\n2\n3\n4\n5\n"}, ours: tree{"a": "1!\n2\n3\n4\n5\n"}, theirs: tree{"a": "1\n2\n3\n4\n5!\n"}, want: tree{"a": "1!\n2\n3\n4\n5!\n"}},
		{name: "added and deleted by the template", base: tree{"old": "x\n"}, ours: tree{"old": "x\n", "mine": "m\n"}, theirs: tree{"new": "n\n"}, want: tree{"new": "n\n", "mine": "m\n"}},
		{name: "the same line", base: tree{"a": "1\n"}, ours: tree{"a": "2\n"}, theirs: tree{"a": "3\n"}, conflicts: map[string]string{"a": forge.BothChanged},
			want: tree{"a": "<<<<<<< main\n2\n=======\n3\n>>>>>>> go-rest-api-2.0.0\n"}},
		{name: "both added alike", base: tree{}, ours: tree{"a": "1\n"}, theirs: tree{"a": "1\n"}, want: tree{"a": "1\n"}},
		{name: "both added", base: tree{}, ours: tree{"a": "1\n"}, theirs: tree{"a": "2\n"}, conflicts: map[string]string{"a": forge.BothAdded},
			want: tree{"a": "<<<<<<< main\n1\n=======\n2\n>>>>>>> go-rest-api-2.0.0\n"}},
		{name: "deleted by the template, changed here", base: tree{"a": "1\n"}, ours: tree{"a": "2\n"}, theirs: tree{}, want: tree{"a": "2\n"}, conflicts: map[string]string{"a": forge.TheyDeleted}},
		{name: "deleted here, changed by the template", base: tree{"a": "1\n"}, ours: tree{}, theirs: tree{"a": "2\n"}, want: tree{}, conflicts: map[string]string{"a": forge.WeDeleted}},
		{name: "deleted by both", base: tree{"a": "1\n"}, ours: tree{}, theirs: tree{}, want: tree{}},
		{name: "renamed here, changed by the template", base: tree{"a": long}, ours: tree{"b": long}, theirs: tree{"a": long + "more\n"}, want: tree{"b": long + "more\n"}},
		{name: "renamed by the template, changed here", base: tree{"a": long}, ours: tree{"a": "first\n" + long}, theirs: tree{"c": long}, want: tree{"c": "first\n" + long}},
		{name: "binary on both sides", base: tree{"a.png": "\x00\x01"}, ours: tree{"a.png": "\x00\x02"}, theirs: tree{"a.png": "\x00\x03"}, want: tree{"a.png": "\x00\x02"}, conflicts: map[string]string{"a.png": forge.BinaryChanged}},
		{name: "binary changed by the template only", base: tree{"a.png": "\x00\x01"}, ours: tree{"a.png": "\x00\x01"}, theirs: tree{"a.png": "\x00\x03"}, want: tree{"a.png": "\x00\x03"}},
		{name: "kept by rule", base: tree{"go.sum": "1\n"}, ours: tree{"go.sum": "2\n"}, theirs: tree{"go.sum": "3\n"}, want: tree{"go.sum": "2\n"}, rules: func(m *forge.Merge) { m.Keep = []string{"**/go.sum"} }},
		{name: "replaced by rule", base: tree{"ci.yaml": "1\n"}, ours: tree{"ci.yaml": "2\n"}, theirs: tree{"ci.yaml": "3\n"}, want: tree{"ci.yaml": "3\n"},
			rules: func(m *forge.Merge) { m.Replace = []string{"ci.yaml"} }, conflicts: map[string]string{"ci.yaml": forge.Replaced}},
		{name: "a folder where a file is to be", base: tree{}, ours: tree{"a/b": "1\n"}, theirs: tree{"a": "2\n"}, want: tree{"a/b": "1\n", "a~go-rest-api-2.0.0": "2\n"}, conflicts: map[string]string{"a~go-rest-api-2.0.0": forge.FileAndFolder}},
		{name: "untouched by both", base: tree{"a": "1\n"}, ours: tree{"a": "1\n", "z": "z\n"}, theirs: tree{"a": "1\n"}, want: tree{"a": "1\n", "z": "z\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.rules == nil {
				c.rules = func(*forge.Merge) {}
			}
			got, conflicts := merge(t, c.base, c.ours, c.theirs, c.rules)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("merged otherwise (-want +got):\n%s", d)
			}
			kinds := map[string]string{}
			for _, k := range conflicts {
				kinds[k.Path] = k.Kind
			}
			if len(c.conflicts) == 0 {
				c.conflicts = map[string]string{}
			}
			if d := cmp.Diff(c.conflicts, kinds); d != "" {
				t.Errorf("conflicts (-want +got):\n%s", d)
			}
		})
	}
}

func TestMergeKeepsModes(t *testing.T) {
	t.Parallel()
	m := forge.Merge{Base: tree{"run": "x\n"}.files(), Ours: tree{"run": "x\n"}.present(),
		Theirs: []forge.File{{Path: "run", Mode: forge.Executable, Data: []byte("x\n")}, {Path: "link", Mode: forge.Symlink, Data: []byte("run")}}}
	got, err := merger(t).Merge(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	want := []forge.Change{{File: forge.File{Path: "link", Mode: forge.Symlink, Data: []byte("run")}, New: true}, {File: forge.File{Path: "run", Mode: forge.Executable, Data: []byte("x\n")}, Was: []byte("x\n")}}
	if d := cmp.Diff(want, got.Changes); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
}

// A file too large to be merged is never read, and said.
func TestMergeLeavesLargeFiles(t *testing.T) {
	t.Parallel()
	p := forge.Present{Entries: []forge.Entry{{Path: "big", Hash: "other", Size: 6 << 20}},
		Read: func(context.Context, string) ([]byte, error) { return nil, fmt.Errorf("must not be read") }}
	got, err := merger(t).Merge(t.Context(), forge.Merge{Base: tree{"big": "1"}.files(), Theirs: tree{"big": "2"}.files(), Ours: p})
	if err != nil || len(got.Changes) != 0 || len(got.Conflicts) != 1 || got.Conflicts[0].Kind != forge.TooLarge {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMergeRefusesPathsThatLeave(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"../x", "/x", "a/../../x", ".git/config", "a/.GIT/hooks/x"} {
		_, err := merger(t).Merge(t.Context(), forge.Merge{Theirs: []forge.File{{Path: p}}})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestMergeWithoutGit(t *testing.T) {
	t.Parallel()
	if _, err := (forge.Merger{}).Merge(t.Context(), forge.Merge{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// edit changes a tree at random; every line it writes is unique, so that it can be found again.
func edit(r *rand.Rand, in tree, mark string) (tree, []string) {
	out, added := tree{}, []string{}
	n := 0
	line := func() string {
		n++
		s := fmt.Sprintf("%s line %d", mark, n)
		added = append(added, s)
		return s
	}
	for _, p := range slices.Sorted(mapKeys(in)) {
		if r.IntN(10) == 0 {
			continue // deleted
		}
		lines := strings.Split(strings.TrimSuffix(in[p], "\n"), "\n")
		for range r.IntN(4) {
			i := r.IntN(len(lines))
			switch r.IntN(3) {
			case 0:
				lines[i] = line()
			case 1:
				lines = slices.Insert(lines, i, line())
			case 2:
				if len(lines) > 1 {
					lines = slices.Delete(lines, i, i+1)
				}
			}
		}
		if r.IntN(8) == 0 {
			p = "moved/" + p
		}
		out[p] = strings.Join(lines, "\n") + "\n"
	}
	if r.IntN(3) == 0 {
		out["new-"+string(rune('a'+r.IntN(3)))] = line() + "\n"
	}
	return out, added
}

func mapKeys(in tree) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range in {
			if !yield(k) {
				return
			}
		}
	}
}

func randomTree(r *rand.Rand) tree {
	out := tree{}
	for i := range 1 + r.IntN(5) {
		var b strings.Builder
		for j := range 1 + r.IntN(20) {
			fmt.Fprintf(&b, "file %d line %d\n", i, j)
		}
		out[fmt.Sprintf("dir%d/file%d", i%2, i)] = b.String()
	}
	return out
}

// The laws of a merge, for random trees.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		base := randomTree(r)
		theirs, _ := edit(r, base, "template")
		ours, mine := edit(r, base, "team")
		if got, conflicts := merge(t, base, base, theirs); cmp.Diff(theirs, got) != "" || len(conflicts) > 0 {
			t.Errorf("seed %d: nothing was changed here, so the new files are due: %v\n%s", seed, conflicts, cmp.Diff(theirs, got))
		}
		if got, conflicts := merge(t, base, ours, base); cmp.Diff(ours, got) != "" || len(conflicts) > 0 {
			t.Errorf("seed %d: the template changed nothing: %v\n%s", seed, conflicts, cmp.Diff(ours, got))
		}
		if got, conflicts := merge(t, base, ours, ours); cmp.Diff(ours, got) != "" || len(conflicts) > 0 {
			t.Errorf("seed %d: both changed alike: %v\n%s", seed, conflicts, cmp.Diff(ours, got))
		}
		got, conflicts := merge(t, base, ours, theirs)
		all := ""
		for _, text := range got {
			all += text
		}
		for _, l := range mine {
			if strings.Contains(joined(ours), l+"\n") && !strings.Contains(all, l+"\n") {
				t.Errorf("seed %d: the team's %q is lost; conflicts %v", seed, l, conflicts)
			}
		}
	}
}

func joined(tr tree) string {
	all := ""
	for _, text := range tr {
		all += text
	}
	return all
}
