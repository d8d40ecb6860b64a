package catalog

import (
	"fmt"
	"strings"
)

// Refusal is why Backstage would not take an entity, in its words.
type Refusal struct {
	Name    string `json:"name"` // the class of the error: InputError, TypeError or ConflictError
	Message string `json:"message"`
}

// Error makes a Refusal an error.
func (r Refusal) Error() string { return r.Name + ": " + r.Message }

// Strict returns what Backstage says of one entity that was decoded from JSON,
// at a location such as url:https://host/repo/blob/main/catalog-info.yaml:
// nothing when it takes it, else the first thing that is wrong, since
// Backstage stops there. Waymark itself is more lenient; this is for clients
// that want to know what other portals would say.
//
// It knows the kinds of the core, Template, AiResource and the API type
// mcp-server. Placeholders are taken as text that can be read.
func Strict(entity any, location string) []Refusal {
	s := strict{}
	if r := s.judge(entity, location); r != nil {
		return []Refusal{*r}
	}
	return nil
}

// strict goes through the steps of Backstage's processing.
type strict struct {
	doc map[string]any
	ref string
}

func (s *strict) judge(entity any, location string) *Refusal {
	if b, bad := first(envelopeShape, entity); bad {
		return &Refusal{"TypeError", inWords(b, true)}
	}
	if err := strictLocation(location); err != nil {
		return err
	}
	s.doc, _ = withText(entity).(map[string]any)
	meta := s.doc["metadata"].(map[string]any)
	ns, _ := meta["namespace"].(string)
	if _, there := meta["namespace"]; !there {
		ns = DefaultNamespace
	}
	s.ref = Ref{s.doc["kind"].(string), ns, meta["name"].(string)}.String()
	if why := s.policy(meta, ns); why != "" {
		return &Refusal{"InputError", "Policy check failed for " + s.ref + "; caused by Error: " + why}
	}
	return s.kind(ns)
}

// policy is the check of envelope, root fields and formats.
func (s *strict) policy(meta map[string]any, ns string) string {
	if b, bad := first(entityShape, s.doc); bad {
		return "Malformed envelope, " + inWords(b, false)
	}
	for _, key := range sortedKeys(s.doc) {
		if key == "relations" || key == "status" {
			return "Unknown field " + key
		}
	}
	return strictFormats(s.doc, meta, ns)
}

// kind is the check by the kind's own rules, then of its references.
func (s *strict) kind(ns string) *Refusal {
	kind, version := s.doc["kind"].(string), s.doc["apiVersion"].(string)
	rule, ok := builtin[strings.ToLower(kind)]
	if !ok || rule.name != kind || !contains(rule.versions, version) {
		return &Refusal{"InputError", "No processor recognized the entity " + s.ref + " as valid, possibly caused by a foreign kind or apiVersion"}
	}
	processor := "BuiltinKindsEntityProcessor"
	if kind == "Template" {
		processor = "ScaffolderEntitiesProcessor"
	}
	root := &shape{types: []string{tObject}, required: []string{"spec"}, fields: []field{{"spec", rule.shape(s.doc["spec"])}}}
	if b, bad := first(root, s.doc); bad {
		return &Refusal{"InputError", fmt.Sprintf("Processor %s threw an error while validating the entity %s; caused by TypeError: %s", processor, s.ref, inWords(b, true))}
	}
	if why := strictReferences(strings.ToLower(kind), s.doc["spec"].(map[string]any), ns); why != "" {
		return &Refusal{"InputError", fmt.Sprintf("Processor %s threw an error while postprocessing the entity %s; caused by %s", processor, s.ref, why)}
	}
	return nil
}

// withText replaces $text by a text, without changing v.
func withText(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["$text"].(string); ok && len(v) == 1 {
			return "text"
		}
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = withText(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = withText(item)
		}
		return out
	}
	return v
}

// first returns the first breach.
func first(s *shape, v any) (found breach, any bool) {
	s.check(v, nil, func(b breach) {
		if !any {
			found, any = b, true
		}
	})
	return found, any
}

// The envelope, as Backstage checks it before anything else, and the whole
// entity, as its first policy does.
var (
	envelopeShape = shapeOf([]string{"apiVersion", "kind", "metadata"}, fields(word, "apiVersion", "kind"),
		fields(shapeOf([]string{"name"}, fields(word, "name", "namespace")), "metadata"))
	textPairs  = &shape{types: []string{tObject}, rest: anyText, named: true}
	linkShape  = shapeOf([]string{"url"}, fields(word, "url", "title", "icon", "type"))
	metaShape  = shapeOf([]string{"name"}, fields(word, "uid", "etag", "name", "namespace", "title"), fields(anyText, "description"), fields(textPairs, "labels", "annotations"), fields(words, "tags"), fields(&shape{types: []string{tList}, items: linkShape}, "links"))
	relations  = &shape{types: []string{tList}, items: &shape{types: []string{tObject}, closed: true, required: []string{"type", "targetRef"}, fields: append(fields(word, "type", "targetRef"), field{"target", object})}}
	statusItem = shapeOf([]string{"type", "level", "message"}, fields(word, "type"),
		fields(&shape{types: []string{tText}, oneOf: []string{"info", "warning", "error"}}, "level"), fields(anyText, "message"))
	entityShape = &shape{types: []string{tObject}, required: []string{"apiVersion", "kind", "metadata"}, closed: true,
		fields: append(fields(word, "apiVersion", "kind"), field{"metadata", metaShape}, field{"spec", object}, field{"relations", relations},
			field{"status", shapeOf(nil, fields(&shape{types: []string{tList}, items: statusItem}, "items"))})}
)

// strictLocation checks a location as Backstage's route does.
func strictLocation(location string) *Refusal {
	kind, target, err := ParseLocation(location)
	if err != nil {
		return &Refusal{"TypeError", err.Error()}
	}
	if kind != "url" || target == "" {
		return &Refusal{"TypeError", fmt.Sprintf("Invalid location ref %s, only 'url:<target>' is supported, e.g. url:https://host/path", location)}
	}
	return nil
}
