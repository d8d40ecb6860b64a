package action_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/action"
)

// A schema of a file may refer to its own parts and to nothing else.
func TestValidateValueReferences(t *testing.T) {
	t.Parallel()
	schema := func(ref string) json.RawMessage {
		return json.RawMessage(`{"type":"object","properties":{"size":{"$ref":"` + ref + `"}},"definitions":{"size":{"enum":["s","m"]}}}`)
	}
	value := map[string]any{"size": "s"}
	if err := action.ValidateValue(schema("#/definitions/size"), "", value); err != nil {
		t.Error(err)
	}
	if err := action.ValidateValue(schema("#/definitions/size"), "", map[string]any{"size": "xl"}); err == nil {
		t.Error("a value that is not in the list was taken")
	}
	for _, ref := range []string{"file:///etc/hostname", "http://127.0.0.1:1/schema.json", "/etc/hostname"} {
		if err := action.ValidateValue(schema(ref), "", value); err == nil || !strings.Contains(err.Error(), "parts of itself only") {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
