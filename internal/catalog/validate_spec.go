package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// kind checks the version and the spec of a built-in kind.
func (f *faults) kind(r kindRule, apiVersion string, doc map[string]any) {
	if !slices.Contains(r.versions, apiVersion) {
		f.add("envelope", fmt.Sprintf("There is no version %q of %s.", apiVersion, r.name), "Use "+strings.Join(r.versions, " or ")+".", "apiVersion")
	}
	s := r.shape(doc["spec"])
	spec, isMap := doc["spec"].(map[string]any)
	if !isMap {
		f.add("field", r.name+" needs a spec.", "Add spec with "+listed(s.required)+".", "spec")
		return
	}
	s.check(spec, []string{"spec"}, func(b breach) { f.breach(r.name, b) })
	if r.name == "Location" {
		f.location(spec)
	}
}

// breach tells what a value of a spec must be.
func (f *faults) breach(kind string, b breach) {
	at := fieldName(b.path)
	switch b.rule {
	case "required":
		path := append(b.path, b.name)
		fix := fmt.Sprintf("Add %s.", b.name)
		if len(b.path) == 1 {
			fix = fmt.Sprintf("Add %s: a %s needs %s.", b.name, kind, listed(b.want.required))
		}
		f.add("field", fieldName(path)+" is missing.", fix, path...)
	case "oneOf":
		f.add("field", fmt.Sprintf("%s is %s.", at, show(b.got)), "It must be "+strings.Join(b.want.oneOf, " or ")+".", b.path...)
	case "max":
		f.add("field", fmt.Sprintf("%s is longer than %d letters.", at, b.want.max), "Make it shorter.", b.path...)
	case "min":
		f.add("field", at+" is empty.", emptyFix(b), b.path...)
	default:
		f.add("field", fmt.Sprintf("%s must be %s, not %s.", at, typeNames(b.want.types), show(b.got)), typeFix(b), b.path...)
	}
}

func emptyFix(b breach) string {
	if _, list := b.got.([]any); list {
		return "Write at least one."
	}
	return "Write something, or take it out."
}

// typeNames says types in words.
func typeNames(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = cmp.Or(map[string]string{tText: "text", tList: "a list", tObject: "an object", tSwitch: "true or false",
			"integer": "a whole number", "number": "a number", "null": "nothing"}[t], t)
	}
	return strings.Join(words, " or ")
}

func typeFix(b breach) string {
	key := b.path[len(b.path)-1]
	switch b.want.types[0] {
	case tList:
		if s, ok := b.got.(string); ok {
			return fmt.Sprintf("Write %s: [%s].", key, s)
		}
		return fmt.Sprintf("Write %s: [ … ].", key)
	case tObject:
		return "Write keys and values under it."
	}
	switch b.got.(type) {
	case nil:
		return "Write a text, or take the line out."
	case map[string]any, []any:
		return "Write one word or sentence."
	}
	return fmt.Sprintf("Put it in quotes: %q.", fmt.Sprint(b.got))
}

// location checks the targets of a Location.
func (f *faults) location(spec map[string]any) {
	kind, _ := spec["type"].(string)
	if kind == "http" || kind == "https" {
		f.add("field", fmt.Sprintf("spec.type %q is no type of location.", kind), "Write type: url.", "spec", "type")
	}
	check := func(target string, path ...string) {
		switch {
		case isScript(target):
			f.add("field", "The target is a script.", "Name a file or an address.", path...)
		case kind == "file" && strings.HasSuffix(target, "/"):
			f.add("field", fmt.Sprintf("The target %s ends in a slash; it names no file.", show(target)), "Name the file, or use a glob such as "+target+"*.yaml.", path...)
		}
	}
	if t, ok := spec["target"].(string); ok {
		check(t, "spec", "target")
	}
	list, _ := spec["targets"].([]any)
	for i, item := range list {
		if t, ok := item.(string); ok {
			check(t, "spec", "targets", fmt.Sprint(i))
		}
	}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "its fields"
	}
	return strings.Join(names, ", ")
}
