package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// normalise mends, in place, what a strict reader would refuse although the
// meaning is plain, and says so in warnings. root is the text that doc was
// read from; earlier are the API versions of the documents before it.
func (f File) normalise(doc map[string]any, root *yaml.Node, earlier []string) []*fieldError {
	var warnings []*fieldError
	warn := func(message, fix string, path ...string) {
		warnings = append(warnings, &fieldError{code: "field", warning: true, path: path, message: message, fix: fix})
	}
	kind, _ := doc["kind"].(string)
	if _, ok := doc["apiVersion"]; !ok && len(earlier) > 0 && kind != "" {
		version := inheritedVersion(kind, earlier)
		doc["apiVersion"] = version
		warn("The document has no apiVersion; it was taken from one before in this file.", "Add apiVersion: "+version+".", "apiVersion")
	}
	apiVersion, _ := doc["apiVersion"].(string)
	if name := f.kindName(apiVersion, kind); name != kind {
		doc["kind"] = name
		warn(fmt.Sprintf("The kind %s is written %q.", show(kind), name), "Write kind: "+name+".", "kind")
	}
	if meta, ok := doc["metadata"].(map[string]any); ok {
		normaliseAnnotations(meta, root, warn)
		for _, key := range []string{"uid", "etag", "generation"} {
			if _, ok := meta[key]; ok {
				delete(meta, key)
				warn("metadata."+key+" is given by the catalog; what the file says was left out.", "Remove it.", "metadata", key)
			}
		}
	}
	if spec, ok := doc["spec"].(map[string]any); ok && doc["kind"] == "API" {
		inlineDefinition(spec, nodeAt(root, "spec", "definition"))
	}
	slices.SortFunc(warnings, func(a, b *fieldError) int { return strings.Compare(fieldName(a.path), fieldName(b.path)) })
	return warnings
}

// inheritedVersion is the last version that fits a built-in kind, else the
// last.
func inheritedVersion(kind string, earlier []string) string {
	for _, v := range slices.Backward(earlier) {
		if _, ours := ruleOf(v, kind); ours {
			return v
		}
	}
	return earlier[len(earlier)-1]
}

// kindName is how a kind is written, where that is known.
func (f File) kindName(apiVersion, kind string) string {
	if r, ours := ruleOf(apiVersion, kind); ours {
		return r.name
	}
	if k, ok := f.Kinds.of(apiVersion, kind); ok {
		return k.Kind
	}
	return kind
}

// normaliseAnnotations turns values into text, as they are written, and leaves
// out what only the catalog may say.
func normaliseAnnotations(meta map[string]any, root *yaml.Node, warn func(message, fix string, path ...string)) {
	notes, ok := meta["annotations"].(map[string]any)
	if !ok {
		return
	}
	written := scalarsOf(nodeAt(root, "metadata", "annotations"))
	for k, v := range notes {
		if text, ok := plainText(v); ok {
			if asWritten, ok := written[k]; ok {
				text = asWritten
			}
			notes[k] = text
			warn(fmt.Sprintf("The annotation is the value %s and not text; it was taken as text.", text), fmt.Sprintf("Write it in quotes: %q.", text), "metadata", "annotations", k)
		}
	}
	if _, ok := notes[annotationOrphan]; ok {
		delete(notes, annotationOrphan)
		warn("Whether an entity is an orphan is for the catalog to say; the annotation was left out.", "Remove it.", "metadata", "annotations", annotationOrphan)
	}
}

// scalarsOf are the plain members of an object, as they are written.
func scalarsOf(n *yaml.Node) map[string]string {
	out := map[string]string{}
	if n == nil || n.Kind != yaml.MappingNode {
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; v.Kind == yaml.ScalarNode {
			out[n.Content[i].Value] = v.Value
		}
	}
	return out
}

func plainText(v any) (string, bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}

// inlineDefinition turns a definition that was written as an object into YAML
// text. An object with a placeholder has been replaced before.
func inlineDefinition(spec map[string]any, n *yaml.Node) {
	def, ok := spec["definition"].(map[string]any)
	if !ok || len(def) == 0 {
		return
	}
	var source any = def
	if n != nil && n.Kind == yaml.MappingNode && standsAlone(n) {
		source = n // in the order in which it was written
	}
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if enc.Encode(source) == nil && enc.Close() == nil {
		spec["definition"] = out.String()
	}
}

// standsAlone reports whether a value means the same elsewhere: no aliases, and
// no placeholders, which are replaced in the values only.
func standsAlone(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Kind == yaml.MappingNode && len(n.Content) == 2 && isPlaceholder(n.Content[0].Value) {
		return false
	}
	return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !standsAlone(c) })
}

// sortedLists are the fields that are stored in order.
var sortedLists = []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf", "memberOf", "children", "members"}

// settle writes the defaults into a valid document.
func settle(doc map[string]any) {
	meta := doc["metadata"].(map[string]any)
	if meta["namespace"] == nil {
		meta["namespace"] = DefaultNamespace
	}
	spec, _ := doc["spec"].(map[string]any)
	for _, key := range sortedLists {
		if list, ok := spec[key].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
}
