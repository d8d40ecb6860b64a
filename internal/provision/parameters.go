package provision

import (
	"bytes"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// complete adds the defaults of the schema to what was given, and judges the
// whole by the schema, all faults at once.
func (b Blueprint) complete(given json.RawMessage) (json.RawMessage, error) {
	values := map[string]any{}
	if len(given) > 0 {
		d := json.NewDecoder(bytes.NewReader(given))
		d.UseNumber()
		if err := d.Decode(&values); err != nil || values == nil {
			return nil, fault.InvalidField("parameters", "type", "The parameters must be a JSON object.")
		}
	}
	var schema struct {
		Properties map[string]struct {
			Default json.RawMessage `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(b.Parameters, &schema); err != nil {
		return nil, fmt.Errorf("parameters of %s: %w", b.Name, err)
	}
	for name, p := range schema.Properties {
		if _, given := values[name]; !given && len(p.Default) > 0 {
			values[name] = p.Default
		}
	}
	if err := action.ValidateValue(b.Parameters, "parameters.", values); err != nil {
		return nil, err
	}
	return json.Marshal(values)
}

// orderedJSON turns a YAML node into JSON with the keys in the file's order,
// which is the order of the form's fields. Without a node nothing is asked for.
func orderedJSON(n *yaml.Node) (json.RawMessage, error) {
	if n.IsZero() {
		return json.RawMessage(`{"type":"object","additionalProperties":false}`), nil
	}
	var b bytes.Buffer
	if err := writeJSON(&b, n); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			key, err := json.Marshal(n.Content[i].Value)
			if err != nil {
				return err
			}
			b.Write(key)
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, c); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	b.Write(raw)
	return err
}
