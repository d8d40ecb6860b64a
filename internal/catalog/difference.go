package catalog

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// describe finds out which fields of the changed entities changed.
func (p *pass) describe(ctx context.Context, t Tx, put []Written) error {
	var refs []string
	for _, w := range put {
		if !w.New {
			refs = append(refs, w.Ref.String())
		}
	}
	old, err := p.store.HeldBodies(ctx, t, refs)
	if err != nil {
		return err
	}
	for i, w := range put {
		if was := old[w.Ref.String()]; was != nil {
			put[i].Fields = changedFields(was, w.Body)
			put[i].Diff = fieldChanges(was, w.Body, put[i].Fields)
		}
	}
	return nil
}

// changedFields names the fields in which two bodies differ, to the third
// level.
func changedFields(was, is []byte) []string {
	var a, b map[string]any
	if json.Unmarshal(was, &a) != nil || json.Unmarshal(is, &b) != nil {
		return nil // both were encoded by us; without them the list is just empty
	}
	const most = 20
	out := difference(a, b, "", 1)
	return out[:min(len(out), most)]
}

func difference(a, b map[string]any, prefix string, level int) []string {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if reflect.DeepEqual(a[k], b[k]) {
			continue
		}
		am, aok := a[k].(map[string]any)
		bm, bok := b[k].(map[string]any)
		if aok && bok && level < 3 {
			out = append(out, difference(am, bm, prefix+k+".", level+1)...)
			continue
		}
		out = append(out, prefix+k)
	}
	return out
}
