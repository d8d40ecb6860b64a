package form

import (
	"bytes"
	"encoding/json"
	"maps"
)

// merge adds another schema that counts too. Of words for people the later
// one wins; of words that values are judged by both count.
func (n *node) merge(m *node) {
	n.Title, n.Description = first(m.Title, n.Title), first(m.Description, n.Description)
	n.Format, n.Pattern = first(m.Format, n.Format), first(m.Pattern, n.Pattern)
	if len(m.Type) > 0 {
		n.Type = m.Type
	}
	if m.Default != nil {
		n.Default = m.Default
	}
	if m.Const != nil {
		n.Const = m.Const
	}
	if m.Enum != nil {
		n.Enum, n.EnumNames = m.Enum, m.EnumNames
	}
	if m.Examples != nil {
		n.Examples = m.Examples
	}
	if m.Items != nil {
		n.Items = m.Items
	}
	if m.Prefix != nil {
		n.Prefix = m.Prefix
	}
	if m.OneOf != nil {
		n.OneOf = m.OneOf
	}
	if m.AnyOf != nil {
		n.AnyOf = m.AnyOf
	}
	if m.AdditionalProperties != nil {
		n.AdditionalProperties = m.AdditionalProperties
	}
	if m.never != nil {
		n.never = m.never
	}
	if m.Options != nil {
		n.Options = m.Options
	}
	if m.Order != nil {
		n.Order = m.Order
	}
	maps.Copy(n.UI, m.UI)
	n.judge(m)
	for _, name := range m.Required {
		if !contains(n.Required, name) {
			n.Required = append(n.Required, name)
		}
	}
	for _, p := range m.Properties {
		n.join(p)
	}
}

// join adds a property, or merges it with one of the same name.
func (n *node) join(p property) {
	for i, q := range n.Properties {
		if q.name == p.name {
			both := q.node.clone()
			both.mergeOpen(p.node)
			n.Properties[i].node = both
			return
		}
	}
	n.Properties = append(n.Properties, p)
}

// mergeOpen merges a schema whose own conditions are not decided yet.
func (n *node) mergeOpen(m *node) {
	n.merge(m)
	n.AllOf = append(append([]*node{}, n.AllOf...), m.AllOf...)
	n.Depends = append(append([]dependency{}, n.Depends...), m.Depends...)
	if m.If != nil {
		n.AllOf = append(n.AllOf, &node{If: m.If, Then: m.Then, Else: m.Else, UI: map[string]any{}, words: map[string]json.RawMessage{}})
	}
	if m.Ref != "" {
		n.AllOf = append(n.AllOf, &node{Ref: m.Ref, UI: map[string]any{}, words: map[string]json.RawMessage{}})
	}
}

// judge keeps the words of both; where they differ, those of m count beside.
func (n *node) judge(m *node) {
	n.also = append(append([]map[string]json.RawMessage{}, n.also...), m.also...)
	differ := map[string]json.RawMessage{}
	for word, v := range m.words {
		if own, there := n.words[word]; !there {
			n.words[word] = v
		} else if !bytes.Equal(own, v) {
			differ[word] = v
		}
	}
	if len(differ) > 0 {
		n.also = append(n.also, differ)
	}
}
