package catalog

import (
	"regexp"
	"strings"
)

// The annotations that the catalog itself writes.
const (
	annotationManaged = "backstage.io/managed-by-location"
	annotationOrigin  = "backstage.io/managed-by-origin-location"
	annotationView    = "backstage.io/view-url"
	annotationEdit    = "backstage.io/edit-url"
	annotationFolder  = "backstage.io/source-location"
	annotationOrphan  = "backstage.io/orphan"
)

// rejected stands where an address was a script.
const rejected = "https://waymark.invalid/rejected-for-security"

// stamp writes where the entity came from. What the file says of view, edit
// and source location counts; where it is managed is the catalog's to say. It
// returns a warning for each address that was refused.
func (f File) stamp(e *Entity, d *Document) []*fieldError {
	e.Source = Source{ID: f.Source, Location: f.Location, File: f.Path, Document: d.Number, Line: d.Line, Version: f.Version}
	notes := e.Metadata.Annotations
	if notes == nil {
		notes = map[string]string{}
		e.Metadata.Annotations = notes
	}
	notes[annotationManaged], notes[annotationOrigin] = f.Location, f.Source
	unless := func(key, value string) {
		if notes[key] == "" && value != "" {
			notes[key] = value
		}
	}
	unless(annotationFolder, folderOf(f.Location))
	if target, ok := strings.CutPrefix(f.Location, "url:"); ok {
		unless(annotationView, target)
		unless(annotationEdit, editURL(target))
	}
	var refused []*fieldError
	for _, key := range []string{annotationView, annotationEdit} {
		if isScript(notes[key]) {
			notes[key] = rejected
			refused = append(refused, &fieldError{code: "field", warning: true, path: []string{"metadata", "annotations", key},
				message: "The address is a script; it was replaced for security.", fix: "Write an address that begins with https://."})
		}
	}
	return refused
}

var (
	hasCommit = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	viewPath  = regexp.MustCompile(`/(?:blob|tree)/`)
	giteaPath = regexp.MustCompile(`/src/branch/`)
)

// editURL is where a file is edited that is seen at target; empty when it
// cannot be told, and for a commit, which nobody can edit.
func editURL(target string) string {
	if hasCommit.MatchString(target) {
		return ""
	}
	for _, p := range []struct {
		path *regexp.Regexp
		edit string
	}{{viewPath, "/edit/"}, {giteaPath, "/_edit/"}} {
		if at := p.path.FindStringIndex(target); at != nil {
			return target[:at[0]] + p.edit + target[at[1]:]
		}
	}
	return target
}

// folderOf is the folder of a location, with a slash at its end.
func folderOf(location string) string {
	i := strings.LastIndexByte(location, '/')
	if i <= 0 || strings.HasSuffix(location[:i+1], "://") {
		return ""
	}
	return location[:i+1]
}
