package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

const (
	pathInput  = `"path":{"type":"string","minLength":1,"description":"Path of the file in the workspace."}`
	pathOutput = `{"type":"object","properties":{"path":{"type":"string"}}}`
	mergeInput = `{"type":"object","required":["path","content"],"properties":{` + pathInput + `,
"content":{"type":["object","string"],"description":"What is merged in: an object, or the text of one."}}}`
	serialOutput = `{"type":"object","properties":{"serialized":{"type":"string"}}}`
)

// utilActions read, write and join files of the workspace. Their names are
// those under which templates in the wild know them.
var utilActions = []Action{
	{ID: "roadiehq:utils:fs:write", Summary: "Writes a text to a file of the workspace.", DryRun: true, Undo: inWorkspace, do: writeFile,
		Input: json.RawMessage(`{"type":"object","required":["path","content"],"properties":{` + pathInput + `,
"content":{"type":"string"},"preserveFormatting":{"type":"boolean","description":"Accepted; texts are always kept as they are."}}}`),
		Output: json.RawMessage(pathOutput), Examples: []Example{{"Write a file.", "path: VERSION\ncontent: 1.0.0"}}},
	{ID: "roadiehq:utils:fs:append", Summary: "Adds a text at the end of a file of the workspace.", DryRun: true, Undo: inWorkspace, do: appendFile,
		Input:  json.RawMessage(`{"type":"object","required":["path","content"],"properties":{` + pathInput + `,"content":{"type":"string"}}}`),
		Output: json.RawMessage(pathOutput), Examples: []Example{{"Add a line.", "path: README.md\ncontent: |\n  Owned by the payments team."}}},
	{ID: "roadiehq:utils:fs:parse", Summary: "Reads a file of the workspace, as text or as what it holds.", DryRun: true, Undo: "Nothing to undo.", do: parseFile,
		Input: json.RawMessage(`{"type":"object","required":["path"],"properties":{` + pathInput + `,
"parser":{"type":"string","enum":["yaml","json","multiyaml"],"description":"None: the output is the text."}}}`),
		Output:   json.RawMessage(`{"type":"object","properties":{"content":{"description":"The text, or what the parser made of it."}}}`),
		Examples: []Example{{"Read a catalog file.", "path: catalog-info.yaml\nparser: yaml"}}},
	{ID: "roadiehq:utils:fs:replace", Summary: "Replaces text in files of the workspace.", DryRun: true, Undo: inWorkspace, do: replaceText,
		Input: json.RawMessage(`{"type":"object","required":["files"],"properties":{"files":{"type":"array","items":{"type":"object","required":["file","find","replaceWith"],"properties":{
"file":{"type":"string","minLength":1,"description":"Path or glob."},"find":{"type":"string","minLength":1},"replaceWith":{"type":"string"},
"matchRegex":{"type":"boolean","description":"find is a regular expression (RE2); $1 in replaceWith is its first group."},
"includeDotFiles":{"type":"boolean","description":"Globs also match names that begin with a dot."}}}}}}`),
		Examples: []Example{{"Put a name in.", "files:\n  - file: README.md\n    find: refund-api\n    replaceWith: payout-api"}}},
	{ID: "roadiehq:utils:merge", Summary: "Merges data into a JSON or YAML file of the workspace.", DryRun: true, Undo: inWorkspace, do: mergeFile,
		Input: json.RawMessage(mergeInput), Output: json.RawMessage(pathOutput),
		Examples: []Example{{"Add an annotation.", "path: catalog-info.yaml\ncontent:\n  metadata:\n    annotations:\n      example.com/tier: gold"}}},
	{ID: "roadiehq:utils:json:merge", Summary: "Merges data into a JSON file of the workspace, which is made if it is not there.", DryRun: true, Undo: inWorkspace, do: mergeJSON,
		Input: json.RawMessage(mergeInput), Output: json.RawMessage(pathOutput),
		Examples: []Example{{"Set a field.", "path: package.json\ncontent:\n  private: true"}}},
	{ID: "roadiehq:utils:yaml:merge", Summary: "Merges data into a YAML file of the workspace, which is made if it is not there.", DryRun: true, Undo: inWorkspace, do: mergeYAML,
		Input: json.RawMessage(mergeInput), Output: json.RawMessage(pathOutput),
		Examples: []Example{{"Set a field.", "path: config.yaml\ncontent:\n  replicas: 3"}}},
	{ID: "roadiehq:utils:serialize:json", Summary: "Writes data as the text of JSON.", DryRun: true, Undo: "Nothing to undo.", do: serializeJSON,
		Input: json.RawMessage(`{"type":"object","required":["data"],"properties":{"data":{},"replacer":{"type":"array","items":{"type":"string"},"description":"Only these keys are written."},
"space":{"type":["string","number"],"description":"What a level is indented by: a text, or a number of blanks up to 10."}}}`),
		Output: json.RawMessage(serialOutput), Examples: []Example{{"Write an object.", "data:\n  hello: world\nspace: 2"}}},
	{ID: "roadiehq:utils:serialize:yaml", Summary: "Writes data as the text of YAML.", DryRun: true, Undo: "Nothing to undo.", do: serializeYAML,
		Input: json.RawMessage(`{"type":"object","required":["data"],"properties":{"data":{},"options":{"type":"object","properties":{"indent":{"type":"number","minimum":1,"maximum":10}}},
"replacer":{"type":"array","items":{"type":"string"},"description":"Only these keys are written."}}}`),
		Output: json.RawMessage(serialOutput), Examples: []Example{{"Write an object.", "data:\n  hello: world"}}},
	{ID: "roadiehq:utils:zip", Summary: "Packs a file or folder of the workspace into a zip.", DryRun: true, Undo: inWorkspace, do: zipFiles,
		Input: json.RawMessage(`{"type":"object","required":["path","outputPath"],"properties":{"path":{"type":"string","minLength":1},
"outputPath":{"type":"string","minLength":1,"description":"Path of the zip in the workspace."}}}`),
		Output:   json.RawMessage(`{"type":"object","properties":{"outputPath":{"type":"string"}}}`),
		Examples: []Example{{"Pack the docs.", "path: docs\noutputPath: docs.zip"}}},
}

func writeFile(_ context.Context, c *call) error {
	return c.written("roadiehq:utils:fs:write", inputText(c.input, "path"), []byte(inputText(c.input, "content")))
}

// written puts a text into the workspace and names it in the output. What was
// there keeps its mode.
func (c *call) written(action, p string, data []byte) error {
	clean, err := CleanPath(p)
	if err != nil {
		return fault.Newf(fault.Invalid, "%s: %s.", action, err)
	}
	f, _ := c.work.Get(clean)
	if f.Mode == forge.Symlink {
		f.Mode = forge.Regular
	}
	f.Data = data
	if err := c.put(action, clean, f); err != nil {
		return err
	}
	c.output["path"] = clean
	c.logf("%s written", clean)
	return nil
}

func appendFile(_ context.Context, c *call) error {
	const action = "roadiehq:utils:fs:append"
	p := inputText(c.input, "path")
	f, err := c.file(action, p)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return c.written(action, p, slices.Concat(f.Data, []byte(inputText(c.input, "content"))))
}

func parseFile(_ context.Context, c *call) error {
	const action = "roadiehq:utils:fs:parse"
	f, err := c.file(action, inputText(c.input, "path"))
	if err != nil {
		return err
	}
	var v any
	switch inputText(c.input, "parser") {
	case "json":
		v, err = readData(".json", f.Data)
	case "yaml":
		v, err = readData(".yaml", f.Data)
	case "multiyaml":
		v, err = readAll(f.Data)
	default:
		v = string(f.Data)
	}
	if err != nil {
		return fault.Newf(fault.Invalid, "%s: %s: %s.", action, inputText(c.input, "path"), err)
	}
	c.output["content"] = v
	return nil
}

// readData reads JSON or YAML as templates see it.
func readData(ext string, b []byte) (any, error) {
	var v any
	if ext == ".json" {
		err := json.Unmarshal(b, &v)
		return v, err
	}
	all, err := readAll(b)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if len(all) > 1 {
		return nil, errors.New("it holds more than one document")
	}
	return all[0], nil
}

// readAll reads every document of a YAML text, each as JSON knows it.
func readAll(b []byte) ([]any, error) {
	out := []any{}
	for dec := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		j, err := json.Marshal(v)
		if err != nil {
			return nil, errors.New("its keys must be texts")
		}
		if err := json.Unmarshal(j, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

func replaceText(_ context.Context, c *call) error {
	const action = "roadiehq:utils:fs:replace"
	list, _ := c.input["files"].([]any)
	for _, x := range list {
		m, _ := x.(map[string]any)
		glob, err := CleanPath(inputText(m, "file"))
		if err != nil || !doublestar.ValidatePattern(glob) {
			return fault.Newf(fault.Invalid, "%s: %q is neither a path nor a glob.", action, inputText(m, "file"))
		}
		change, err := replacer(m)
		if err != nil {
			return fault.Newf(fault.Invalid, "%s: find: %s.", action, err)
		}
		dots, _ := m["includeDotFiles"].(bool)
		n := 0
		for _, p := range c.work.Paths() {
			ok, _ := doublestar.Match(glob, p) // validated above
			f, _ := c.work.Get(p)
			if p != glob && (!ok || !dots && (strings.HasPrefix(p, ".") || strings.Contains(p, "/."))) || f.Mode == forge.Symlink || binary(f.Data) {
				continue
			}
			f.Data = []byte(change(string(f.Data)))
			if err := c.put(action, p, f); err != nil {
				return err
			}
			n++
		}
		c.logf("%s: %d files", glob, n)
	}
	return nil
}

// jsGroup is how JavaScript names a group in a replacement.
var jsGroup = regexp.MustCompile(`\$(\d{1,2}|&|\$)`)

// replacer is one replacement as a function.
func replacer(m map[string]any) (func(string) string, error) {
	find, with := inputText(m, "find"), inputText(m, "replaceWith")
	if re, _ := m["matchRegex"].(bool); !re {
		return func(s string) string { return strings.ReplaceAll(s, find, with) }, nil
	}
	re, err := regexp.Compile(find)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	with = jsGroup.ReplaceAllStringFunc(with, func(g string) string {
		switch g {
		case "$&":
			return "${0}"
		case "$$":
			return "$$"
		}
		return "${" + g[1:] + "}"
	})
	return func(s string) string { return re.ReplaceAllString(s, with) }, nil
}

// writeData writes data with its whole numbers as such.
func writeData(ext string, v any, indent int) ([]byte, error) {
	v = whole(v)
	if ext == ".json" {
		return marshalJSON(v, strings.Repeat(" ", indent))
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(indent)
	if m, ok := v.(map[string]any); ok && m["kind"] != nil && m["metadata"] != nil {
		return entityYAML(m)
	}
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// marshalJSON writes JSON without the escapes that only HTML needs.
func marshalJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func serializeJSON(_ context.Context, c *call) error {
	indent := ""
	switch s := c.input["space"].(type) {
	case string:
		indent = s[:min(len(s), 10)]
	case float64:
		indent = strings.Repeat(" ", max(0, min(int(s), 10)))
	case int:
		indent = strings.Repeat(" ", max(0, min(s, 10)))
	}
	b, err := marshalJSON(whole(only(c.input["data"], texts(c.input["replacer"]))), indent)
	if indent == "" {
		var flat bytes.Buffer
		if err == nil {
			err = json.Compact(&flat, b)
		}
		b = flat.Bytes()
	}
	c.output["serialized"] = string(b)
	return err
}

func serializeYAML(_ context.Context, c *call) error {
	indent := 2
	if n, ok := whole(object(c.input, "options")["indent"]).(int64); ok {
		indent = int(n)
	}
	b, err := writeData(".yaml", only(c.input["data"], texts(c.input["replacer"])), indent)
	c.output["serialized"] = string(b)
	return err
}

// only keeps the named keys of objects, at every depth; no name keeps all.
func only(v any, keys []string) any {
	if len(keys) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if slices.Contains(keys, k) {
				out[k] = only(x, keys)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = only(x, keys)
		}
		return out
	}
	return v
}
