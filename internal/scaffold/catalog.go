package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

var catalogActions = []Action{
	{ID: "catalog:write", Summary: "Writes a catalog file into the workspace, with a note of the template that it came from.", DryRun: true, Undo: inWorkspace, do: writeEntity,
		Input: json.RawMessage(`{"type":"object","required":["entity"],"properties":{
"filePath":{"type":"string","description":"Default catalog-info.yaml."},"entity":{"type":"object"}}}`),
		Examples: []Example{{"Write a component.", "entity:\n  apiVersion: backstage.io/v1alpha1\n  kind: Component\n  metadata:\n    name: refund-api\n  spec:\n    type: service\n    lifecycle: experimental\n    owner: payments-team"}}},
	{ID: "catalog:register", Summary: "Registers a catalog file, so that what was made is in the catalog.",
		Undo: "Clean up unregisters the location, unless it was registered before.", do: register, plan: planRegister,
		Input: json.RawMessage(`{"type":"object","properties":{"catalogInfoUrl":{"type":"string","description":"Address of the file."},
"repoContentsUrl":{"type":"string","description":"Address of the repository's files, as publish actions give it."},
"catalogInfoPath":{"type":"string","description":"Path of the file in the repository; catalog-info.yaml when left out."},
"optional":{"type":"boolean","description":"Go on when the file is not there or the catalog does not take it."}},
"anyOf":[{"required":["catalogInfoUrl"]},{"required":["repoContentsUrl"]}]}`),
		Output:   json.RawMessage(`{"type":"object","required":["catalogInfoUrl"],"properties":{"entityRef":{"type":"string","description":"The first component, else the first entity."},"catalogInfoUrl":{"type":"string"}}}`),
		Examples: []Example{{"Register what was published.", "repoContentsUrl: https://waymark/payments-team/refund-api/blob/main\ncatalogInfoPath: catalog-info.yaml"}}},
	{ID: "catalog:fetch", Summary: "Reads entities of the catalog, as far as the person may see them.", DryRun: true, Undo: "Nothing to undo.", do: fetchEntities,
		Input: json.RawMessage(`{"type":"object","properties":{"entityRef":{"type":"string"},"entityRefs":{"type":"array","items":{"type":"string"},"maxItems":200},
"optional":{"type":"boolean","description":"null stands for what is not there, instead of a failure."},
"defaultKind":{"type":"string"},"defaultNamespace":{"type":"string"}}}`),
		Output: json.RawMessage(`{"type":"object","properties":{"entity":{"type":["object","null"],"description":"With entityRef."},
"entities":{"type":"array","items":{"type":["object","null"]},"description":"With entityRefs, in their order."}}}`),
		Examples: []Example{{"Read one entity.", "entityRef: group:default/payments-team"},
			{"Read what may be missing.", "entityRefs: [payments-team, nobody]\ndefaultKind: group\noptional: true"}}},
}

// defaultCatalogFile is where catalog files are when nobody says so.
const defaultCatalogFile = "catalog-info.yaml"

func writeEntity(_ context.Context, c *call) error {
	to := inputText(c.input, "filePath")
	if to == "" {
		to = defaultCatalogFile
	}
	clean, err := CleanPath(to)
	if err != nil {
		return fault.New(fault.Invalid, "catalog:write: "+err.Error()+".")
	}
	doc, ok := whole(c.input["entity"]).(map[string]any)
	if !ok {
		return fault.New(fault.Invalid, "catalog:write: entity must be an object.")
	}
	meta := object(doc, "metadata")
	if meta == nil {
		meta = map[string]any{}
		doc["metadata"] = meta
	}
	notes := object(meta, "annotations")
	if notes == nil {
		notes = map[string]any{}
		meta["annotations"] = notes
	}
	notes["backstage.io/source-template"] = c.tmpl.Ref.String()
	b, err := entityYAML(doc)
	if err != nil {
		return err
	}
	c.logf("%s written", clean)
	return c.work.Put(clean, WorkFile{Data: b})
}

func fetchEntities(ctx context.Context, c *call) error {
	one, many := inputText(c.input, "entityRef"), c.input["entityRefs"]
	optional, _ := c.input["optional"].(bool)
	if one == "" && many == nil {
		if optional {
			return nil
		}
		return fault.New(fault.Invalid, "catalog:fetch: name an entity in entityRef, or several in entityRefs.")
	}
	if one != "" {
		doc, err := c.entity(ctx, one, optional)
		if err != nil {
			return err
		}
		c.output["entity"] = doc
	}
	if many != nil {
		list := []any{}
		for _, ref := range texts(many) {
			doc, err := c.entity(ctx, ref, optional)
			if err != nil {
				return err
			}
			list = append(list, doc)
		}
		c.output["entities"] = list
	}
	return nil
}

// entity reads one entity as the person sees it; nil when there is none and
// the step allows that.
func (c *call) entity(ctx context.Context, name string, optional bool) (any, error) {
	kind := inputText(c.input, "defaultKind")
	ref, err := catalog.ParseRef(name, kind, inputText(c.input, "defaultNamespace"))
	if err != nil || ref.Kind == "" {
		return nil, fault.Newf(fault.Invalid, "catalog:fetch: %q is no reference such as component:default/refund-api.", name)
	}
	e, err := c.engine.o.Store.Entity(ctx, c.viewer(), ref.Canonical())
	switch {
	case err == nil:
		return e.Body(), nil
	case !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone):
		return nil, err
	case optional:
		return nil, nil
	}
	return nil, fault.Newf(fault.NotFound, "catalog:fetch: there is no entity %q.", name)
}

// entityYAML writes an entity with its envelope in the usual order.
func entityYAML(doc map[string]any) ([]byte, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	put := func(key string, v any) error {
		var val yaml.Node
		if err := val.Encode(v); err != nil {
			return err
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &val)
		return nil
	}
	envelope := []string{"apiVersion", "kind", "metadata", "spec"}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		if !slices.Contains(envelope, key) {
			envelope = append(envelope, key)
		}
	}
	for _, key := range envelope {
		if v, ok := doc[key]; ok {
			if err := put(key, v); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// whole copies a value with its numbers that are whole as such.
func whole(v any) any {
	switch v := v.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = whole(x)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = whole(x)
		}
		return out
	}
	return v
}

// infoURL is the file that a step registers.
func (c *call) infoURL() string {
	if target := inputText(c.input, "catalogInfoUrl"); target != "" {
		return target
	}
	file := inputText(c.input, "catalogInfoPath")
	if file == "" {
		file = defaultCatalogFile
	}
	return strings.TrimSuffix(inputText(c.input, "repoContentsUrl"), "/") + "/" + strings.TrimPrefix(file, "/")
}

// planRegister is catalog:register in a dry run.
func planRegister(c *call) error {
	c.output["catalogInfoUrl"] = c.infoURL()
	if list := entities(c.work); len(list) > 0 {
		c.output["entityRef"] = list[0].Ref.String()
	}
	return nil
}

func register(ctx context.Context, c *call) error {
	target := c.infoURL()
	if err := c.mayRegister(ctx, target); err != nil {
		return err
	}
	location := Artefact{Kind: MadeLocation, Ref: target, URL: "/catalog/sources"}
	_, there, err := c.engine.o.Catalog.Registered(ctx, target)
	if err != nil {
		return err
	}
	if !there { // what others have registered is not this run's to take away
		if err := c.begin(ctx, location); err != nil {
			return err
		}
	}
	refs, err := c.engine.o.Catalog.Register(ctx, target, c.order.By)
	optional, _ := c.input["optional"].(bool)
	if err != nil && optional {
		c.log("warn", "Not registered, which this template allows: "+publicText(err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("register %s: %w", target, err)
	}
	if !there {
		if err := c.made(ctx, location); err != nil {
			return err
		}
	}
	c.output["catalogInfoUrl"] = target
	if len(refs) > 0 {
		c.output["entityRef"] = refs[0]
		c.logf("%s is in the catalog", strings.Join(refs, ", "))
	}
	return nil
}

func publicText(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Public
	}
	return err.Error()
}

// entities reads the catalog file that a run has made, to know what it names.
// A file that is none gives nothing; the catalog itself says what is wrong.
func entities(w *Workspace) []catalog.Entity {
	f, ok := w.Get(defaultCatalogFile)
	if !ok {
		return nil
	}
	return decodeEntities(f.Data)
}

// decodeEntities reads what a catalog file names, as far as it can be read.
func decodeEntities(data []byte) []catalog.Entity {
	var out []catalog.Entity
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc map[string]any
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) || err != nil {
			return out
		}
		b, err := json.Marshal(doc)
		if err != nil {
			continue
		}
		if e, err := catalog.Decode(b); err == nil && e.Ref.Name != "" {
			out = append(out, e)
		}
	}
}
