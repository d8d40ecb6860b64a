package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// journal writes down what an apply makes and removes, as it happens: the
// engines upload their state every 20 seconds at most, so after a kill this is
// what tells what exists.
type journal struct {
	s       *session
	planned map[string]string // address to the id that the plan knows
	pending []Resource
	done    int
	total   int
}

func (s *session) journal(changes []Change) *journal {
	j := &journal{s: s, planned: map[string]string{}, total: len(changes)}
	for _, c := range changes {
		j.planned[c.Address] = c.PlannedID
	}
	return j
}

// take is the sink of an apply.
func (j *journal) take(ctx context.Context) terraform.Sink {
	return func(m terraform.Message) {
		j.s.log(m)
		if p, ok := progress(m); ok {
			id := m.ID
			if id == "" {
				id = j.planned[m.Resource]
			}
			j.pending = append(j.pending, Resource{Environment: j.s.env.ID, Address: m.Resource, Progress: p, ID: id, Run: j.s.w.Run().ID})
			j.flush(ctx)
		}
		if m.Type == "apply_complete" {
			j.done++
			// A note that is not written says less, and changes nothing.
			_ = j.s.w.Note(context.WithoutCancel(ctx), fmt.Sprintf("%d of %d resources", min(j.done, j.total), j.total))
		}
	}
}

func progress(m terraform.Message) (Progress, bool) {
	removes := m.Action == "delete"
	switch {
	case m.Resource == "" || m.Action == "read":
		return "", false
	case m.Type == "apply_start" && removes:
		return Removing, true
	case m.Type == "apply_start":
		return Making, true
	case m.Type == "apply_complete" && removes:
		return Removed, true
	case m.Type == "apply_complete":
		return Made, true
	}
	return "", false
}

// flush writes what is pending. When the database does not answer it stays
// pending for the next time; the engine is not held up.
func (j *journal) flush(ctx context.Context) {
	err := j.s.w.Write(context.WithoutCancel(ctx), func(t tx.Tx) error {
		for _, r := range j.pending { // one or two
			if err := j.s.e.Store.PutResource(ctx, t, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		j.s.e.Log.Warn("journal of an apply", "run", j.s.w.Run().ID, "error", err)
		return
	}
	j.pending = j.pending[:0]
}

// stateFile is what recovery reads of a state.
type stateFile struct {
	Serial    int64  `json:"serial"`
	Lineage   string `json:"lineage"`
	Resources []struct {
		Module    string `json:"module"`
		Mode      string `json:"mode"`
		Type      string `json:"type"`
		Name      string `json:"name"`
		Instances []struct {
			Key json.RawMessage `json:"index_key"`
		} `json:"instances"`
	} `json:"resources"`
	Outputs map[string]struct {
		Value     json.RawMessage `json:"value"`
		Sensitive bool            `json:"sensitive"`
	} `json:"outputs"`
}

func readState(body []byte) (stateFile, error) {
	var f stateFile
	if len(body) == 0 {
		return f, nil
	}
	err := json.Unmarshal(body, &f)
	return f, err
}

// addresses lists the managed resources of a state.
func (f stateFile) addresses() []string {
	out := map[string]bool{}
	for _, r := range f.Resources {
		if r.Mode != "managed" {
			continue
		}
		address := r.Type + "." + r.Name
		if r.Module != "" {
			address = r.Module + "." + address
		}
		for _, i := range r.Instances {
			key := ""
			if len(i.Key) > 0 && string(i.Key) != "null" {
				key = "[" + string(i.Key) + "]"
			}
			out[address+key] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// inBrackets are the keys in an address.
var inBrackets = regexp.MustCompile(`\[("([^"\\]|\\.)*"|[0-9]+)\]`)

// typeOf is the resource type in an address.
func typeOf(address string) string {
	parts := strings.Split(inBrackets.ReplaceAllString(address, ""), ".")
	for len(parts) > 2 && parts[0] == "module" {
		parts = parts[2:]
	}
	return parts[0]
}
