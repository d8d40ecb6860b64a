package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Fields are the paths to which an answer is pruned. Empty: nothing is pruned.
type Fields []string

// ParseFields reads `fields` parameters, each a list with commas. A path with
// a bracket is fault Invalid.
func ParseFields(values []string) (Fields, error) {
	var out Fields
	for _, v := range values {
		for path := range strings.SplitSeq(v, ",") {
			path = strings.TrimSpace(path)
			switch {
			case strings.Contains(path, "["):
				return nil, fault.New(fault.Invalid, "invalid fields, array type fields are not supported")
			case path != "":
				out = append(out, path)
			}
		}
	}
	return out, nil
}

// Prune returns the entity with nothing but the fields. A dot may be part of a
// key: where a segment names nothing, it grows by the next one. A path that
// leads nowhere adds nothing.
func (f Fields) Prune(raw json.RawMessage) (json.RawMessage, error) {
	if len(f) == 0 {
		return raw, nil
	}
	root := &branch{raw: raw}
	if err := root.open(); err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	for _, path := range f {
		root.keep(path)
	}
	var b bytes.Buffer
	if err := root.write(&b); err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	return b.Bytes(), nil
}

// branch is an object that is kept in part, or a value that is kept whole.
type branch struct {
	raw   json.RawMessage
	keys  map[string]json.RawMessage // nil: not opened
	kept  map[string]*branch
	whole bool
}

// open decodes one level; what is no object has no keys.
func (b *branch) open() error {
	if b.keys != nil {
		return nil
	}
	b.keys = map[string]json.RawMessage{}
	if raw := bytes.TrimSpace(b.raw); len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(b.raw, &b.keys)
}

// keep marks what path leads to. It reports whether that is anything.
func (b *branch) keep(path string) bool {
	if b.open() != nil {
		return false // the whole was read before, so no part is broken
	}
	for end := 0; end <= len(path); end++ {
		if end < len(path) && path[end] != '.' {
			continue
		}
		raw, ok := b.keys[path[:end]]
		if !ok {
			continue
		}
		next := b.kept[path[:end]]
		if next == nil {
			next = &branch{raw: raw}
		}
		if end == len(path) {
			next.whole = true
		} else if !next.keep(path[end+1:]) {
			return false
		}
		if b.kept == nil {
			b.kept = map[string]*branch{}
		}
		b.kept[path[:end]] = next
		return true
	}
	return false
}

func (b *branch) write(out *bytes.Buffer) error {
	if b.whole {
		out.Write(b.raw)
		return nil
	}
	out.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(b.kept)) {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return err
		}
		out.Write(name)
		out.WriteByte(':')
		if err := b.kept[key].write(out); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}
