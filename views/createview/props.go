// Package createview draws the pages on which people make things from golden
// paths: the gallery, the form, the review, and what came out.
package createview

import (
	"net/url"
	"time"

	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/formview"
	"github.com/waymark-portal/waymark/views/ui"
)

// ListURL is the gallery.
const ListURL = "/create"

// TemplateURL is a template's form.
func TemplateURL(namespace, name string) string {
	return ListURL + "/" + url.PathEscape(namespace) + "/" + url.PathEscape(name)
}

// RepoURL is a repository's page.
func RepoURL(owner, name string) string {
	return "/git/" + url.PathEscape(owner) + "/" + url.PathEscape(name)
}

// Gain is one thing that one gets: a word and what it means.
type Gain struct{ Word, Text string }

// Card is a template in the gallery.
type Card struct {
	Ref, Type        string
	Starred          bool
	Title, Text, URL string
	Version          string
	Owner            ui.Link
	Tags             []string
	Gets             []Gain
	Made             string // "made 12 services"
	Saves            string // "saves about 2 days"
	Deprecated       string // why it should no longer be used
}

// GalleryProps are those of Gallery.
type GalleryProps struct {
	Workshop string // its address, for those who may use it
	Cards    []Card
	Begun    []Begun
	Find     Find
}

// Begun is a draft of the viewer's.
type Begun struct {
	Link     ui.Link
	Template string
	Saved    time.Time
}

// Draft is what a form says of the viewer's draft of it; none when Resume is "".
type Draft struct {
	Saved        time.Time
	Open         bool // the form shows it
	Resume, Drop string
}

// Find is what the gallery is narrowed by.
type Find struct {
	Text, Tag, Owner, Type string
	Tags, Owners, Types    []string
	Recommended, Starred   bool
	CanStar                bool
	Total                  int // without the conditions
}

// Narrowed reports whether any condition is set.
func (f Find) Narrowed() bool {
	return f.Text != "" || f.Tag != "" || f.Owner != "" || f.Type != "" || f.Recommended || f.Starred
}

// WizardStep is one step of the long form.
type WizardStep struct {
	Label string
	State string // done, now or todo
	Go    string // value of the button that leads back to it, "" for none
}

// Hidden is a value of another page that is kept along.
type Hidden struct{ Name, Value string }

// Head is what the pages of one template have in common.
type Head struct {
	Title, Text string
	Crumb       string // name and version
	URL         string
	Steps       []WizardStep
	Gets        []Gain
	Facts       []ui.Pair
	Problems    []string // why it cannot be used
	Warnings    []string // why one may not want to use it
	Notes       []string // what it asks for that is drawn otherwise
}

// PageProps are those of Page: one page of the form.
type PageProps struct {
	Head     Head
	Form     form.Form
	Text     string // what the page says of itself
	At       formview.At
	Step     string
	Seen     string
	Key      string
	Hidden   []Hidden
	Back     bool
	Next     string // word on the button
	BackWord string
	Refuse   *Refusal
	Draft    Draft
}

// Refusal is why the whole was refused.
type Refusal struct {
	Title, Text string
	Lines       []string
	Rules       []Rule
}

// Rule is a broken rule of policy.
type Rule struct{ Rule, Severity, Message, Fix string }

// ReviewProps are those of Review.
type ReviewProps struct {
	Head     Head
	Pages    []ReviewPage
	Facts    []ui.Pair
	Files    []ReviewFile
	Size     string
	Key      string
	Step     string
	Seen     string
	Hidden   []Hidden
	Create   string
	BackWord string
	Refuse   *Refusal
}

// ReviewFile is one file that would be made; Text is empty for a large one.
type ReviewFile struct{ Path, Text string }

// ReviewPage is what was entered on one page.
type ReviewPage struct {
	Title string
	Go    string
	Pairs []ui.Pair
}

// ResultProps are those of Result: what a run has made.
type ResultProps struct {
	Entity, Repository ui.Link
	Clone              string
	Links              []ui.Link
	Text               []Paragraph
}

// Paragraph is a text of the template's output.
type Paragraph struct{ Title, Text string }

// RepoProps are those of Repo.
type RepoProps struct {
	Owner, Name string
	Team        ui.Link
	Clone       string
	Commits     []CommitRow
	CanPush     bool
	NoGit       bool
}

// CommitRow is one commit.
type CommitRow struct {
	Hash, Message, Author string
	When                  ui.Pair
}
