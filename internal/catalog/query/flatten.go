package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Form tells what kind of leaf a term is.
type Form uint8

// The forms of terms. An item of a list that is a text can also be asked for
// as a key: metadata.tags.java is true where metadata.tags has java.
const (
	Plain  Form = iota
	Listed      // a text in a list
	Null        // null or too long: it exists and equals nothing
)

// The longest keys and values, in characters.
const (
	MaxKey   = 200
	MaxValue = 200
)

// Term is one leaf of an entity: what a filter can find it by.
type Term struct {
	Key   string // in lower case
	Value string // in lower case; empty for Null
	Text  string // as written
	Form  Form
}

// Fold is the form in which keys and values are compared.
func Fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

// unindexed are the fields that no filter knows, or that are given apart.
var unindexed = map[string]bool{"attachments": true, "relations": true, "status": true, "metadata.uid": true, "metadata.etag": true}

// Flatten returns the terms of an entity, each once: the leaves of its body in
// JSON, its uid, and a term for each relation, given as type and target.
func Flatten(body []byte, uid string, relations func(yield func(kind, target string) bool)) ([]Term, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("flatten entity %s: %w", uid, err)
	}
	f := flattener{seen: make(map[Term]bool, 40)}
	for key, v := range doc {
		f.visit(key, v, Plain)
	}
	f.add("metadata.uid", uid, Plain)
	if meta, ok := doc["metadata"].(map[string]any); !ok || meta["namespace"] == nil {
		f.add("metadata.namespace", "default", Plain)
	}
	for kind, target := range relations {
		f.add("relations."+kind, target, Plain)
	}
	return f.terms, nil
}

type flattener struct {
	terms []Term
	seen  map[Term]bool
}

func (f *flattener) visit(path string, v any, form Form) {
	if unindexed[path] {
		return
	}
	switch v := v.(type) {
	case nil:
		f.put(Term{Key: path, Form: Null})
	case string:
		f.add(path, v, form)
	case bool:
		f.add(path, strconv.FormatBool(v), Plain)
	case json.Number:
		f.add(path, number(v.String()), Plain)
	case []any:
		for _, item := range v {
			f.visit(path, item, Listed)
		}
	case map[string]any:
		for key, item := range v {
			f.visit(path+"."+key, item, Plain)
		}
	}
}

func (f *flattener) add(key, text string, form Form) {
	if len(text) > MaxValue && utf8.RuneCountInString(text) > MaxValue {
		f.put(Term{Key: key, Form: Null})
		return
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	f.put(Term{Key: key, Value: strings.ToLower(text), Text: text, Form: form})
}

func (f *flattener) put(t Term) {
	t.Key = Fold(t.Key)
	if TooLong(t.Key) || f.seen[t] {
		return
	}
	f.seen[t] = true
	f.terms = append(f.terms, t)
}

// TooLong reports whether no entity has such a key.
func TooLong(key string) bool {
	return len(key) > MaxKey && utf8.RuneCountInString(key) > MaxKey
}
