package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"gopkg.in/yaml.v3"
)

// UID is the stable identifier of a reference.
func UID(r Ref) string {
	sum := sha256.Sum256([]byte("waymark entity " + r.String()))
	sum[6] = sum[6]&0x0f | 0x80 // version 8: our own derivation
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Body is the entity in the shape of its file, without relations.
func (e Entity) Body() map[string]any {
	m := e.Metadata
	meta := maps.Clone(m.Extra)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["name"], meta["namespace"] = m.Name, m.Namespace
	if m.Title != "" {
		meta["title"] = m.Title
	}
	if m.Description != "" {
		meta["description"] = m.Description
	}
	if len(m.Labels) > 0 {
		meta["labels"] = m.Labels
	}
	if len(m.Annotations) > 0 {
		meta["annotations"] = m.Annotations
	}
	if m.Tags != nil {
		meta["tags"] = m.Tags
	}
	if m.Links != nil {
		links := make([]any, len(m.Links))
		for i, l := range m.Links {
			links[i] = l.body()
		}
		meta["links"] = links
	}
	body := map[string]any{"apiVersion": e.APIVersion, "kind": e.Kind, "metadata": meta}
	if e.Spec != nil {
		body["spec"] = e.Spec
	}
	return body
}

// Encode writes the body as JSON and returns it with its hash.
func (e Entity) Encode() (body []byte, hash string, err error) {
	body, err = json.Marshal(e.Body())
	if err != nil {
		return nil, "", fmt.Errorf("encode %s: %w", e.Ref, err)
	}
	sum := sha256.Sum256(body)
	return body, hex.EncodeToString(sum[:10]), nil
}

// Decode reads a body that Encode wrote into an entity without relations and
// source.
func Decode(body []byte) (Entity, error) {
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		return Entity{}, fmt.Errorf("decode entity: %w", err)
	}
	return fromDocument(doc), nil
}

// YAML writes the body as people wrote it: the envelope first.
func (e Entity) YAML() string {
	b := e.Body()
	var doc yaml.Node
	doc.Kind = yaml.MappingNode
	for _, key := range rootFields {
		v, ok := b[key]
		if !ok {
			continue
		}
		var val yaml.Node
		if val.Encode(v) != nil {
			continue // plain values always encode
		}
		doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &val)
	}
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if enc.Encode(&doc) != nil || enc.Close() != nil {
		return "" // plain values always encode
	}
	return out.String()
}

// fromDocument builds an entity from a valid document.
func fromDocument(doc map[string]any) Entity {
	meta, _ := doc["metadata"].(map[string]any)
	e := Entity{Metadata: metadataOf(meta)}
	e.APIVersion, _ = doc["apiVersion"].(string)
	e.Kind, _ = doc["kind"].(string)
	e.Spec, _ = doc["spec"].(map[string]any)
	e.Ref = Ref{e.Kind, e.Metadata.Namespace, e.Metadata.Name}.Canonical()
	e.UID = UID(e.Ref)
	return e
}

func metadataOf(meta map[string]any) Metadata {
	m := Metadata{Namespace: DefaultNamespace}
	for k, v := range meta {
		switch k {
		case "name":
			m.Name, _ = v.(string)
		case "namespace":
			if s, ok := v.(string); ok {
				m.Namespace = s
			}
		case "title":
			m.Title, _ = v.(string)
		case "description":
			m.Description, _ = v.(string)
		case "labels":
			m.Labels = textMap(v)
		case "annotations":
			m.Annotations = textMap(v)
		case "tags":
			m.Tags = texts(v)
		case "links":
			m.Links = linksOf(v)
		case "uid", "etag", "generation": // given by the catalog, never by a file
		default:
			if m.Extra == nil {
				m.Extra = map[string]any{}
			}
			m.Extra[k] = v
		}
	}
	return m
}

func textMap(v any) map[string]string {
	in, _ := v.(map[string]any)
	out := make(map[string]string, len(in))
	for k, item := range in {
		if s, ok := item.(string); ok {
			out[k] = s
		}
	}
	return out
}

func linksOf(v any) []Link {
	list, _ := v.([]any)
	out := make([]Link, 0, len(list))
	for _, item := range list {
		m, _ := item.(map[string]any)
		var l Link
		l.URL, _ = m["url"].(string)
		l.Title, _ = m["title"].(string)
		l.Icon, _ = m["icon"].(string)
		l.Type, _ = m["type"].(string)
		for k, v := range m {
			switch k {
			case "url", "title", "icon", "type":
			default:
				if l.Extra == nil {
					l.Extra = map[string]any{}
				}
				l.Extra[k] = v
			}
		}
		out = append(out, l)
	}
	return out
}
