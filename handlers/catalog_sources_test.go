package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
)

func (f *catalogFake) SeenFiles(context.Context, access.Viewer, string) (map[string]catalog.FileState, error) {
	return map[string]catalog.FileState{"b.yaml": {Path: "b.yaml"}, "a.yaml": {Path: "a.yaml", Targets: []string{"url>x", "url>y"}}}, nil
}

func (f *catalogFake) Analyse(_ context.Context, _ access.Viewer, target string) (register.Analysis, error) {
	switch {
	case strings.HasSuffix(target, "/bad"):
		return register.Analysis{}, fault.InvalidField("target", "unreadable", "Nothing could be read there: the host is down.")
	case strings.HasSuffix(target, "/shop"):
		return register.Analysis{Target: target, Existing: []register.ExistingFile{
			{Registered: true, Ref: ledgerRef, Location: register.Place{Type: "url", Target: target + "/a.yaml"}},
			{Ref: catalog.MustRef("component:default/shop"), Location: register.Place{Type: "url", Target: target + "/b.yaml"}}}}, nil
	}
	return register.Analysis{Target: target + "/blob/main/catalog-info.yaml", File: target + "/blob/main/catalog-info.yaml",
		Text: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: <shop>}\n", Generated: []register.Proposal{{Fields: []register.Field{
			{Field: "spec.owner", State: register.NeedsUser}, {Field: "metadata.name", State: register.Suggested, Value: "shop"}}}}}, nil
}

func (f *catalogFake) Check(target string) error {
	if strings.Contains(target, "elsewhere") {
		return fault.New(fault.Unavailable, "this portal does not read from elsewhere.example")
	}
	return nil
}

func TestCatalogSourcesPages(t *testing.T) {
	const id = "file:/srv"
	for _, c := range []struct {
		name, who, path string
		status          int
		has, hasNot     []string
	}{
		{"list", "user:default/ada", "/catalog/sources", 200, []string{"/catalog/source?id=file%3A%2Fsrv", "Last read"}, []string{"Not read:"}},
		{"one", "user:default/ada", "/catalog/source?id=" + url.QueryEscape(id), 200, []string{"a.yaml", "2 targets", "file:/srv"}, []string{"Unregister"}},
		{"unknown", "user:default/ada", "/catalog/source?id=file:/etc", 404, nil, []string{"passwd"}},
		{"look", "user:default/ada", "/catalog/register?step=look&target=https://git.example/acme/shop", 200,
			[]string{"component:default/shop", "already", "Register 1 entity", "/catalog/default/component/ledger"}, []string{"There is no catalog file yet"}},
		{"propose", "user:default/ada", "/catalog/register?step=look&target=https://git.example/acme/new", 200,
			[]string{"There is no catalog file yet", "&lt;shop&gt;", "yours to say", "https://git.example/acme/new/new/main?filename=catalog-info.yaml"}, []string{"<shop>"}},
		{"look at what cannot be read", "user:default/ada", "/catalog/register?step=look&target=https://git.example/bad", 422, []string{"the host is down", `aria-invalid="true"`}, nil},
		{"look without the right to register", "user:default/eve", "/catalog/register?step=look&target=https://git.example/acme/shop", 403, nil, []string{"component:default/shop"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := catalogCall(t, &catalogFake{}, c.who, http.MethodGet, c.path, nil)
			if c.status == 404 || c.status == 403 {
				want := map[int]fault.Kind{404: fault.NotFound, 403: fault.Forbidden}[c.status]
				if !fault.Is(err, want) {
					t.Errorf("got %v, want %s", err, want)
				}
				return
			}
			if err != nil || w.Code != c.status {
				t.Fatalf("status %d %v, want %d", w.Code, err, c.status)
			}
			for _, s := range c.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range c.hasNot {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("the page shows %q", s)
				}
			}
		})
	}
}

func TestCatalogRegisterChecksAsOneTypes(t *testing.T) {
	good := "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop}\nspec: {type: service, lifecycle: production, owner: payments}\n"
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"address":     {url.Values{"target": {"https://git.example/a/b"}}, "This host can be read"},
		"other host":  {url.Values{"target": {"https://elsewhere.example/a"}}, "does not read from elsewhere.example"},
		"half typed":  {url.Values{"target": {"http"}}, `id="f-target-msg"`},
		"good text":   {url.Values{"target": {"https://x"}, "text": {good}}, "It can be read: 1 entity"},
		"bad text":    {url.Values{"target": {"https://x"}, "text": {"kind: Component\nmetadata: {}\n"}}, `data-tone="bad"`},
		"no owner":    {url.Values{"target": {"https://x"}, "text": {strings.Replace(good, "payments", "unknown", 1)}}, "Name an owner"},
		"empty text":  {url.Values{"target": {"https://x"}, "text": {""}}, "holds no document"},
		"no script":   {url.Values{"target": {"https://x/blob/main/c.yaml"}, "text": {good}, "step": {"check"}}, "There is no catalog file yet"},
		"no script 2": {url.Values{"target": {"https://x/blob/main/c.yaml"}, "text": {good}, "step": {"check"}}, "It can be read: 1 entity"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := catalogCall(t, &catalogFake{}, "user:default/ada", http.MethodPost, "/catalog/register/check", c.form)
			if err != nil || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("status %d %v, body %.300s; want %q", w.Code, err, w.Body, c.says)
			}
		})
	}
}
