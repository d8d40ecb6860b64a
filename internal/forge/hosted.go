package forge

import (
	"path"
	"regexp"
	"strings"
	"time"
)

// Place is a repository on another host.
type Place struct {
	Host  string // as under catalog.hosts
	Owner string // user or organisation; on GitLab a group with those above it, a/b/c
	Name  string
}

// Slug is owner/name, the path of the repository on its host.
func (p Place) Slug() string { return path.Join(p.Owner, p.Name) }

// String is host/owner/name.
func (p Place) String() string { return p.Host + "/" + p.Slug() }

var placePart = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?$`)

// Valid reports whether owner and name can be those of a repository, on any host.
func (p Place) Valid() bool {
	for _, part := range strings.Split(p.Slug(), "/") {
		if !placePart.MatchString(part) || strings.Contains(part, "..") || strings.HasSuffix(strings.ToLower(part), ".git") {
			return false
		}
	}
	return p.Owner != "" && p.Name != "" && !strings.Contains(p.Name, "/")
}

// Credential says in whose name a host is written to.
type Credential struct {
	Token string // a person's own; empty: the portal's, write_token of the host
}

// Links are the addresses of a repository.
type Links struct {
	Web, Clone string
	Contents   string // of the files of a branch, without a slash at the end
}

// Hosted is a repository as its host tells of it.
type Hosted struct {
	ID      int64
	Branch  string    // the default one
	Created time.Time // zero when the host does not say
	Empty   bool
}

// NewHosted is a repository to be made on another host. Options are those of
// the action's input, which differ by host.
type NewHosted struct {
	Place
	Branch  string
	Options map[string]any
}

// HostedPush is a first commit to a branch of a repository. A second push
// with the same content finds the first.
type HostedPush struct {
	Place
	Branch      string
	Publication Publication // its Owner and Name are not looked at
}

// Proposal is a change on a branch of its own, and the request to merge it.
type Proposal struct {
	Place
	Branch, Target string // Target empty: the default branch
	Title, Body    string
	Files          []File   // added or replaced
	Delete         []string // paths that go
	Publication    Publication
	Update         bool           // add to the branch when somebody else made it
	Only           bool           // push the branch, open no request
	Options        map[string]any // those of the action's input, which differ by host
}

// Proposed is what a proposal has come to. Number 0 means that no request was
// opened.
type Proposed struct {
	Number         int64
	Project        int64 // id of the project, on GitLab
	URL            string
	Target, Commit string
	Notes          []string // what could not be set, for the run's log
}

// Trailer is the line of a commit's message that says which run made it.
func Trailer(run string) string { return "Waymark-Run: " + run }

// ValidBranch reports whether s can be the name of a branch, here and on other
// hosts.
func ValidBranch(s string) bool {
	for _, part := range strings.Split(s, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return len(s) <= 200 && branchName.MatchString(s) && !strings.Contains(s, "..") && !strings.Contains(s, "@{") && !strings.HasSuffix(s, ".")
}

// branchName is narrower than Git's own rule: no blanks, nothing a shell reads.
var branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./@#+-]*$`)

// NotesKey is where the outputs of an order carry what the host's plan does
// not allow.
const NotesKey = "\x00notes"

// Notes takes them out of the outputs.
func Notes(outputs map[string]any) []string {
	list, _ := outputs[NotesKey].([]string)
	delete(outputs, NotesKey)
	return list
}
