package catalog

import (
	"encoding/json"
	"strings"
	"testing"
)

// What Backstage says, in its order and words. The e2e tests compare many more
// with Backstage's own validators.
func TestStrict(t *testing.T) {
	const where = "url:https://github.com/o/r/blob/main/catalog-info.yaml"
	system := func(meta, spec string) string {
		return `{"apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "a"` + meta + `}, "spec": {` + spec + `}}`
	}
	good := system("", `"owner": "o"`)
	policy := "InputError: Policy check failed for system:default/a; caused by Error: "
	builtin := "InputError: Processor BuiltinKindsEntityProcessor threw an error while validating the entity system:default/a; caused by TypeError: "
	for _, c := range []struct{ name, entity, location, want string }{
		{"good", good, where, ""},
		{"no object", `7`, where, "TypeError: <root> must be object - type: object"},
		{"envelope", `{"kind": "System", "metadata": {}}`, where, "TypeError: <root> must have required property 'apiVersion' - missingProperty: apiVersion"},
		{"envelope, deeper", `{"apiVersion": "a/v1", "kind": "System", "metadata": {}}`, where, "TypeError: /metadata must have required property 'name' - missingProperty: name"},
		{"empty name", `{"apiVersion": "a/v1", "kind": "System", "metadata": {"name": ""}}`, where, "TypeError: /metadata/name must NOT have fewer than 1 characters - limit: 1"},
		{"location", good, "https://x", "TypeError: Invalid location ref 'https://x', please prefix it with 'url:', e.g. 'url:https://x'"},
		{"location of another type", good, "file:/x", "TypeError: Invalid location ref file:/x, only 'url:<target>' is supported, e.g. url:https://host/path"},
		{"envelope before location", `7`, "nothing", "TypeError: <root> must be object - type: object"},
		{"shape", system(`, "tags": null`, `"owner": "o"`), where, policy + "Malformed envelope, /metadata/tags must be array"},
		{"annotation that is no text", system(`, "annotations": {"a/b": 1}`, `"owner": "o"`), where, policy + "Malformed envelope, /metadata/annotations/a~1b must be string"},
		{"unknown root field", strings.Replace(good, `"kind"`, `"foo": 1, "kind"`, 1), where, policy + "Malformed envelope, <root> must NOT have additional properties"},
		{"relations", strings.Replace(good, `"kind"`, `"relations": [], "kind"`, 1), where, policy + "Unknown field relations"},
		{"namespace", system(`, "namespace": "A"`, `"owner": "o"`), where, "InputError: Policy check failed for system:a/a; caused by Error: \"metadata.namespace\" is not valid; expected a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total but found \"A\"." + learnMore},
		{"shape before format", system(`, "namespace": "A", "tags": [1]`, ""), where, "InputError: Policy check failed for system:a/a; caused by Error: Malformed envelope, /metadata/tags/0 must be string"},
		{"tag", system(`, "tags": ["Java"]`, `"owner": "o"`), where, policy + "\"tags.0\" is not valid; expected a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total but found \"Java\"." + learnMore},
		{"format before kind", system(`, "tags": ["Java"]`, ""), where, policy + "\"tags.0\" is not valid; expected a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total but found \"Java\"." + learnMore},
		{"kind in lower case", strings.Replace(good, "System", "system", 1), where, "InputError: No processor recognized the entity system:default/a as valid, possibly caused by a foreign kind or apiVersion"},
		{"unknown version", strings.Replace(good, "v1alpha1", "v9", 1), where, "InputError: No processor recognized the entity system:default/a as valid, possibly caused by a foreign kind or apiVersion"},
		{"kind", system("", ""), where, builtin + "/spec must have required property 'owner' - missingProperty: owner"},
		{"field of a wrong type", system("", `"owner": "o", "domain": ["d"]`), where, builtin + "/spec/domain must be string - type: string"},
		{"no spec", `{"apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": {"name": "a"}}`, where, builtin + "<root> must have required property 'spec' - missingProperty: spec"},
		{"reference", system("", `"owner": "o", "domain": "a/"`), where, "InputError: Processor BuiltinKindsEntityProcessor threw an error while postprocessing the entity system:default/a; caused by TypeError: Entity reference \"a/\" was not on the form [<kind>:][<namespace>/]<name>"},
		{"reference without kind", `{"apiVersion": "backstage.io/v1alpha1", "kind": "Resource", "metadata": {"name": "a"}, "spec": {"type": "t", "owner": "o", "dependsOn": ["db"]}}`, where,
			`InputError: Processor BuiltinKindsEntityProcessor threw an error while postprocessing the entity resource:default/a; caused by Error: Entity reference "db" had missing or empty kind (e.g. did not start with "component:" or similar)`},
		{"placeholder", `{"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": {"name": "a"}, "spec": {"type": "t", "owner": "o", "lifecycle": "l", "definition": {"$text": "./a.yaml"}}}`, where, ""},
		{"a definition that is an object", `{"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": {"name": "a"}, "spec": {"type": "t", "owner": "o", "lifecycle": "l", "definition": {"openapi": "3"}}}`, where,
			"InputError: Processor BuiltinKindsEntityProcessor threw an error while validating the entity api:default/a; caused by TypeError: /spec/definition must be string - type: string"},
		{"template", `{"apiVersion": "scaffolder.backstage.io/v1beta3", "kind": "Template", "metadata": {"name": "a"}, "spec": {"type": "t", "steps": [{}]}}`, where,
			"InputError: Processor ScaffolderEntitiesProcessor threw an error while validating the entity template:default/a; caused by TypeError: /spec/steps/0 must have required property 'action' - missingProperty: action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var entity any
			if err := json.Unmarshal([]byte(c.entity), &entity); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, r := range Strict(entity, c.location) {
				got += r.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if after, _ := json.Marshal(entity); !json.Valid(after) || strings.Contains(c.entity, "$text") && !strings.Contains(string(after), "$text") {
				t.Errorf("the entity was changed: %s", after)
			}
		})
	}
}

// M2: addresses as browsers parse them; each was compared with Node's URL.
func TestM2Addresses(t *testing.T) {
	good := []string{"https://x", "mailto:a@b", "http:x", "https:/x", "https://[::1]/", "javascript:1", "x:", "https://ex%41mple", "https://1.2.3", "https://0x7f.1",
		"foo://", "file:", "file:///x", " https://x ", "ht\ntp://x", "https://u:p@h/x?y#z", `https:\\x`, "https://münchen.de", "data:,x", "https://a..b", "https://.", "https://4294967295", "c:\\x", "https://a:"}
	bad := []string{"", "foo", "/x", "//x", "https://", "https://a b", "https://a:99999", "https://a:b", "https://[::1", "https://ex%20mple", "https://1.2.3.4.5", "https://256.1.1.1", "https://a.1",
		"foo://a b", "foo://a^b", "foo://:80", "1a:b", "https://x|y", "https://a%", "https://99999999999", "https://08", "https://a@", "https://x.0x"}
	for _, s := range good {
		if !isURL(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range bad {
		if isURL(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}
