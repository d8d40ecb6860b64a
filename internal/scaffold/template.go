// Package scaffold makes services from templates: it reads template files
// (scaffolder.backstage.io/v1beta3), checks what people entered, and runs the
// steps as a durable run whose files and outputs survive a restart.
package scaffold

import (
	"encoding/json"
	"io/fs"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
)

// Template is a golden path as read from its file.
type Template struct {
	Ref         catalog.Ref
	Title       string
	Description string
	Owner       string // as written
	Type        string
	Lifecycle   string
	Version     string
	Tags        []string
	Strict      bool // every undefined value is an error
	Pages       []Page
	Steps       []Step
	Output      map[string]any
	Gets        []string // what one gets, a few words each
	Links       []catalog.Link
	TimeSaved   string // ISO 8601 duration from backstage.io/time-saved
	Source      string // where the file is, for people
	Create      string // word on the last button
	Unsupported []string
	Notes       []string // what the file asks for and is done otherwise or not at all, a sentence each
	Digest      string   // of the version, where Library.Offered says so
	Problem     string   // what is wrong with its versions, a sentence

	now    *Template      // the file as it is, where this is a version as it was
	doc    map[string]any // the whole document
	places map[string]expr.Place
	file   string
	files  fs.FS // of the folder that holds the file
}

// Document is the template as an entity's document.
func (t *Template) Document() map[string]any { return t.doc }

// Page is one page of the form.
type Page struct {
	Title       string
	Description string
	Schema      json.RawMessage // keys in the order of the file
	params      []Param
}

// Params are the properties of this page.
func (p Page) Params() []Param { return p.params }

// Step is one step as written.
type Step struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Action string   `json:"action"`
	Input  any      `json:"input,omitempty"`
	If     any      `json:"if,omitempty"` // text or bool; nil: always
	Each   any      `json:"each,omitempty"`
	Tags   []string `json:"tags,omitempty"` // of backstage:permissions: who is not permitted all of them goes without the step
	Index  int      `json:"index"`          // among the template's steps, for places
}

// Param is one property of a page, wherever in its conditions it stands.
type Param struct {
	Name    string
	Title   string
	Field   string         // ui:field
	Options map[string]any // ui:options
	Default any
	Secret  bool
	hasDef  bool
}

// Params lists the properties of all pages, each name once.
func (t *Template) Params() []Param {
	var out []Param
	seen := map[string]bool{}
	for _, p := range t.Pages {
		for _, q := range p.params {
			if !seen[q.Name] {
				seen[q.Name] = true
				out = append(out, q)
			}
		}
	}
	return out
}

// param returns the first parameter with one of the given form fields.
func (t *Template) param(fields ...string) (Param, bool) {
	for _, p := range t.Params() {
		for _, f := range fields {
			if p.Field == f {
				return p, true
			}
		}
	}
	return Param{}, false
}

// OwnerParam is the name of the parameter that says who will own what is
// made, empty when the template asks for none.
func (t *Template) OwnerParam() string {
	p, _ := t.param("OwnerPicker", "MyGroupsPicker")
	return p.Name
}

// NameParam is the name of the parameter that names what is made.
func (t *Template) NameParam() string {
	p, _ := t.param("EntityNamePicker")
	return p.Name
}
