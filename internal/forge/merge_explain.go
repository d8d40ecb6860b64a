package forge

import (
	"fmt"
	"strings"
)

// explain makes of git's messages conflicts in words, and puts back what stood
// where git would take a side.
func (x *merging) explain(list []told, result side) []Conflict {
	var out []Conflict
	seen := map[string]bool{}
	for _, m := range list {
		if !strings.HasPrefix(m.kind, "CONFLICT") || len(m.paths) == 0 || seen[m.paths[0]] {
			continue
		}
		seen[m.paths[0]] = true
		out = append(out, x.conflict(m, result))
	}
	return out
}

func (x *merging) conflict(m told, result side) Conflict {
	c := Conflict{Path: m.paths[0], Kind: Other, Why: m.text}
	_, was := x.base[c.Path]
	switch m.kind {
	case "CONFLICT (contents)":
		c.Kind, c.Why = BothChanged, "The same lines were changed here and by the template. Both are in the file, between marks; keep what is right and remove the marks."
		if !was {
			c.Kind, c.Why = BothAdded, "The file was added here and by the template, each with its own content. Both are in the file, between marks."
		}
	case "CONFLICT (modify/delete)":
		x.deleted(&c, result)
	case "CONFLICT (binary)":
		c.Kind, c.Why = BinaryChanged, "This is no text, and it was changed here and by the template. It stays as it is here."
	case "CONFLICT (file/directory)":
		c.Kind, c.Why = FileAndFolder, "One side has a file where the other has a folder. "+m.text
	case "CONFLICT (distinct modes)":
		c.Why = "The file is of one kind here and of another kind in the template. " + m.text
	case "CONFLICT (rename/rename)", "CONFLICT (rename/delete)", "CONFLICT (implicit dir rename)", "CONFLICT (rename involved in collision)":
		c.Kind, c.Why = Moved, "The file was moved in ways that do not fit together. "+m.text
	}
	for _, p := range m.paths {
		if f, ok := result[p]; ok && c.Kind != WeDeleted {
			c.Hunks, c.More = hunks(string(f.Data))
			if len(c.Hunks) > 0 {
				break
			}
		}
	}
	return c
}

// deleted leaves a file as it is here when one side deleted it.
func (x *merging) deleted(c *Conflict, result side) {
	f, stands := x.ours[c.Path]
	if stands {
		c.Kind, c.Why = TheyDeleted, "The template no longer has this file, but it was changed here. It stays; delete it if it is not needed any more."
		result[c.Path] = f
		return
	}
	c.Kind, c.Why = WeDeleted, "The file was deleted here, and the template has changed it. It stays deleted."
	delete(result, c.Path)
}

// The bounds of what is kept of a conflict for its page.
const (
	shownHunks = 5
	shownLines = 30
)

// hunks finds the marked places of a merged text.
func hunks(text string) (list []Hunk, more int) {
	var ours, theirs []string
	at, part := 0, 0
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "<<<<<<< ") && part == 0:
			at, part, ours, theirs = i+1, 1, nil, nil
		case strings.TrimSuffix(line, "\r") == "=======" && part == 1:
			part = 2
		case strings.HasPrefix(line, ">>>>>>> ") && part == 2:
			part = 0
			if len(list) == shownHunks {
				more++
				continue
			}
			list = append(list, Hunk{Line: at, Ours: shown(ours), Theirs: shown(theirs)})
		case part == 1:
			ours = append(ours, line)
		case part == 2:
			theirs = append(theirs, line)
		}
	}
	return list, more
}

func shown(lines []string) string {
	if len(lines) > shownLines {
		lines = append(lines[:shownLines:shownLines], fmt.Sprintf("… and %d more lines", len(lines)-shownLines))
	}
	return strings.Join(lines, "\n")
}

// HasMarks reports whether a text still holds marks of a conflict.
func HasMarks(data []byte) bool {
	list, more := hunks(string(data))
	return len(list)+more > 0
}
