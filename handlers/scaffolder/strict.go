package scaffolder

import (
	"bytes"
	_ "embed" // schemas.json
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/waymark-portal/waymark/internal/fault"
)

// schemasText are the schemas of bodies and answers, by name.
//
//go:embed schemas.json
var schemasText []byte

// compileSchemas makes the schemas of request bodies ready to check with.
func compileSchemas() (map[string]*jsonschema.Schema, error) {
	all, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemasText))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	// The references lead to where the schemas stand in the description.
	if err := c.AddResource("openapi.json", map[string]any{"components": map[string]any{"schemas": all}}); err != nil {
		return nil, err
	}
	out := map[string]*jsonschema.Schema{}
	for _, r := range routes() {
		if r.body == "" {
			continue
		}
		if out[r.body], err = c.Compile("openapi.json#/components/schemas/" + r.body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const bodyKey = "waymark.scaffolder.body"

// strict refuses what the table does not know: query parameters, their
// values, and bodies that break their schema.
func (r route) strict(schemas map[string]*jsonschema.Schema) echo.MiddlewareFunc {
	schema := schemas[r.body]
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := r.checkQuery(c.Request().URL); err != nil {
				return err
			}
			if schema != nil {
				body, err := r.readBody(c, schema)
				if err != nil {
					return err
				}
				c.Set(bodyKey, body)
			}
			return next(c)
		}
	}
}

func (r route) checkQuery(u *url.URL) error {
	given, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return invalid("The query parameters cannot be read.")
	}
	for name, values := range given {
		i := slices.IndexFunc(r.query, func(p param) bool { return p.name == name })
		if i < 0 {
			return invalid("Unknown query parameter '%s'", name)
		}
		if err := r.query[i].check(values); err != nil {
			return err
		}
	}
	return nil
}

func (p param) check(values []string) error {
	if len(values) > 1 && !p.repeated {
		return invalid("The query parameter '%s' may be given once.", p.name)
	}
	for _, v := range values {
		if n, err := strconv.ParseInt(v, 10, 64); p.number && (err != nil || n < 0) {
			return invalid("The query parameter '%s' must be a whole number, at least 0.", p.name)
		}
		if p.values != nil && !slices.Contains(p.values, v) {
			return invalid("The query parameter '%s' must be one of: %s", p.name, strings.Join(p.values, ", "))
		}
	}
	return nil
}

// readBody reads a body of JSON and checks it; one that is left out where it
// may be is an empty object.
func (r route) readBody(c echo.Context, schema *jsonschema.Schema) (json.RawMessage, error) {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 && r.optional {
		return json.RawMessage("{}"), nil
	}
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return nil, invalid("Send the body as application/json, and say so in Content-Type.")
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, invalid("The body is not JSON.")
	}
	var broken *jsonschema.ValidationError
	if err := schema.Validate(v); errors.As(err, &broken) {
		return nil, invalid("%s", explain(broken))
	} else if err != nil {
		return nil, err
	}
	return body, nil
}

var printer = message.NewPrinter(language.English)

// explain says what is wrong with a body, all of it.
func explain(e *jsonschema.ValidationError) string {
	if len(e.Causes) == 0 {
		return "/" + strings.Join(e.InstanceLocation, "/") + ": " + e.ErrorKind.LocalizedString(printer)
	}
	var parts []string
	for _, cause := range e.Causes {
		parts = append(parts, explain(cause))
	}
	return strings.Join(parts, "; ")
}

// bind reads the checked body of a request into v.
func bind(c echo.Context, v any) error {
	body, _ := c.Get(bodyKey).(json.RawMessage) // strict has put it there
	if err := json.Unmarshal(body, v); err != nil {
		return invalid("The body cannot be read.")
	}
	return nil
}

// numberOf is a number parameter, which strict has checked; fallback when it
// is not there.
func numberOf(c echo.Context, name string, fallback int64) int64 {
	n, err := strconv.ParseInt(c.QueryParam(name), 10, 64)
	if err != nil {
		return fallback
	}
	return n
}

func invalid(format string, args ...any) error { return fault.Newf(fault.Invalid, format, args...) }
