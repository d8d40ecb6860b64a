package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/action"
)

// The description is valid OpenAPI 3.1 by the specification's own schema
// (testdata; Apache-2.0, from the OpenAPI initiative), and holds each action
// and each read.
func TestTheDescriptionIsValid(t *testing.T) {
	reg := action.NewRegistry(action.Ports{})
	err := reg.Register(action.Def{Name: "do-it", Title: "Do it", Permission: "do-it", Schema: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"}}}`),
		Traits: action.Traits{StartsRun: true},
		Prepare: func(context.Context, action.Actor, json.RawMessage) (action.Prepared, error) {
			return action.Prepared{}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	h := &api.OpenAPI{Registry: reg, Version: "1", URL: "https://portal.example.com"}
	e := echo.New()
	g := e.Group("/api/v1")
	h.Register(g)
	(&api.Actions{Registry: reg}).Register(g)
	(&api.Me{}).Register(g)
	g.GET("/runs/:id/log", func(echo.Context) error { return nil })

	b, err := json.Marshal(h.Describe(e.Routes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"/actions/do-it"`, `"/me"`, `"/runs/{id}/log"`, `"202"`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in the description", want)
		}
	}
	validate(t, b)
}

func validate(t *testing.T, description []byte) {
	t.Helper()
	f, err := os.Open("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(description))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}
