package e2e

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// everyField is a template with every kind of field and condition that
// Backstage's forms have.
const everyField = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: every-field, title: Every field, description: All that a form can ask.}
spec:
  type: service
  owner: platform-team
  presentation: {buttonLabels: {backButtonText: Return, createButtonText: Do it, reviewButtonText: Look it over}}
  parameters:
    - title: Choose
      required: [name, db, owner]
      properties:
        name: {title: Name, type: string, minLength: 3, ui:help: Of the service.}
        owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}
        uses: {title: Uses, type: string, ui:field: EntityPicker, ui:options: {catalogFilter: {kind: Component}}}
        several: {title: Depends on, type: array, ui:field: MultiEntityPicker, ui:options: {catalogFilter: {kind: Component}}}
        tags: {title: Tags, type: array, ui:field: EntityTagsPicker}
        db: {title: Database, type: string, enum: [postgres, none], default: none, ui:widget: radio}
        ports:
          title: Ports
          type: array
          items:
            type: object
            required: [port]
            properties:
              port: {title: Port, type: integer, minimum: 1}
              open: {title: Open to all, type: boolean}
        old: {title: Old, type: string, ui:field: OrganizationPicker}
        token: {title: Token, type: string, ui:field: Secret}
      dependencies:
        db:
          oneOf:
            - properties: {db: {const: none}}
            - required: [size]
              properties:
                db: {const: postgres}
                size: {title: Disk in GB, type: integer, minimum: 1}
    - title: Place
      properties:
        repo: {title: Repository, type: string, ui:field: RepoUrlPicker, ui:options: {allowedHosts: [waymark, github.com], requestUserCredentials: {secretsKey: HOST_TOKEN}}}
      if: {properties: {db: {const: postgres}}}
      then:
        required: [backup]
        properties:
          backup: {title: Backup at, type: string, enum: [night, noon]}
  steps:
    - id: say
      name: Say
      action: debug:log
      input: {message: "made ${{ parameters.name }}"}
  output:
    text: [{title: Done, content: "All of it."}]
`

func everyForm(t *testing.T) *server {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "template.yaml"), []byte(everyField), 0o600); err != nil {
		t.Fatal(err)
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source}})
	s.loaded()
	eventually(t, 20*time.Second, "the template is in the catalog", func() error {
		if res, _ := s.as("ada").get("/create/default/every-field"); res.StatusCode == http.StatusOK {
			return nil
		}
		return errf("not yet")
	})
	return s
}

// Every field works with a keyboard: pickers search, lists grow, fields come
// and go with what they depend on, and nothing is lost on the way back.
func TestEveryField(t *testing.T) {
	s := everyForm(t)
	b := open(t, s)
	b.signIn("ada")
	b.goTo("/create/default/every-field")
	typeIn(b, `[name="values.name"]`, "shiny-thing")
	picks(t, b)
	b.click(`input[name="values.db"][value="postgres"]`)
	b.waitText("label", "Disk in GB", 5*time.Second)
	if got := eval[string](b, `document.querySelector('[name="values.name"]').value`); got != "shiny-thing" {
		t.Errorf("a condition lost the name: %q", got)
	}
	typeIn(b, `[name="values.size"]`, "20")
	b.click(`button[value="add:values.ports"]`)
	b.waitText("label", "Port", 5*time.Second)
	typeIn(b, `[name="values.ports.0.port"]`, "8080")
	typeIn(b, `[name="values.token"]`, canary)
	look(t, b, "form-fields")
	b.click(`#create button.btn[value="next"]`)
	b.waitText(".wizard [aria-current]", "Place", 5*time.Second)
	b.waitText("label", "Backup at", time.Second)
	if page := eval[string](b, `document.documentElement.outerHTML`); strings.Contains(page, canary) {
		t.Error("the secret of page one stands in page two")
	}
	b.do("choose a time", chromedp.SetValue(chromedp.CSS(`[name="values.backup"]`), "noon"))
	b.click(`button[value="back"]`)
	b.waitText(".wizard [aria-current]", "Choose", 5*time.Second)
	if got := eval[string](b, `['name', 'uses', 'size', 'ports.0.port'].map(n => document.querySelector('[name="values.' + n + '"]').value).join()`); got != "shiny-thing,component:default/ledger,20,8080" {
		t.Errorf("after going back the form holds %q", got)
	}
	b.click(`#create button.btn[value="next"]`)
	b.waitText(".wizard [aria-current]", "Place", 5*time.Second)
	look(t, b, "form-repo")
	b.click(`#create button.btn[value="next"]`)
	b.waitText(".wizard [aria-current]", "Review", 10*time.Second)
	b.waitText("main", "(kept secret)", time.Second)
	look(t, b, "form-review")
	b.click(`#create button.btn[value="create"]`)
	b.waitText("main", "succeeded", 30*time.Second)
	b.forget()
}

// picks chooses in the comboboxes with the keyboard alone.
func picks(t *testing.T, b *browser) {
	t.Helper()
	b.do("search", chromedp.SendKeys(chromedp.CSS(`[name="values.uses"]`), "ledg"))
	b.waitText("#f-values-uses-box [role=option]", "ledger", 5*time.Second)
	if got := eval[string](b, `document.querySelector('#f-values-uses').getAttribute('aria-expanded') + document.querySelector('#f-values-uses').parentElement.querySelector('.combo-count').textContent`); !strings.HasPrefix(got, "true") || len(got) < 6 {
		t.Errorf("the list is open and counted: %q", got)
	}
	b.axe("an open combobox")
	shotTo(b, "form-combobox")
	b.do("take the first", chromedp.SendKeys(chromedp.CSS(`[name="values.uses"]`), kb.ArrowDown+kb.Enter))
	if got := eval[string](b, `document.querySelector('[name="values.uses"]').value`); got != "component:default/ledger" {
		t.Errorf("picked %q", got)
	}
	for _, word := range []string{"payment", "fraud"} {
		b.do("search "+word, chromedp.SendKeys(chromedp.CSS(`[data-adder] #f-values-several`), word))
		b.waitText("#f-values-several-box [role=option]:first-child", word, 5*time.Second)
		time.Sleep(400 * time.Millisecond) // until the search of the whole word has answered
		b.do("take it", chromedp.SendKeys(chromedp.CSS(`[data-adder] #f-values-several`), kb.ArrowDown+kb.Enter))
		b.waitText(".picked", word, 5*time.Second)
	}
	b.do("a tag of one's own", chromedp.SendKeys(chromedp.CSS(`[data-adder] #f-values-tags`), "brand-new"+kb.Enter))
	b.waitText(".picked", "brand-new", 5*time.Second)
}

// The same without scripts: a round trip brings what depends on a choice.
func TestEveryFieldWithoutScripts(t *testing.T) {
	s := everyForm(t)
	c := s.as("ada")
	path := "/create/default/every-field"
	sent := url.Values{"values.name": {"plain-thing"}, "values.owner": {"payments-team"}, "values.db": {"postgres"}, "values.uses": {"ledger"},
		"values.tags": {"go", "Not A Tag"}, "values.ports._rows": {"1"}, "values.ports.0.port": {"x"}, "values.ports.0.open": {"false"}, "_step": {"0"}, "_seen": {"0"}, "_go": {"refresh"}}
	_, page := c.form(path, sent)
	for _, want := range []string{`name="values.size"`, `value="plain-thing"`, "OrganizationPicker", "Update the form"} {
		if !strings.Contains(page, want) {
			t.Errorf("after a round trip there is no %s", want)
		}
	}
	sent.Set("_go", "next")
	sent.Set("values.size", "")
	res, page := c.form(path, sent)
	for _, want := range []string{"This is needed.", "Enter a whole number, without a unit.", "cannot be a tag"} {
		if !strings.Contains(page, want) || res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%d: not told: %s", res.StatusCode, want)
		}
	}
	sent["values.tags"] = []string{"go"}
	sent.Set("values.size", "5")
	sent.Set("values.ports.0.port", "80")
	sent.Set("_go", "add:values.ports")
	if _, page = c.form(path, sent); !strings.Contains(page, `name="values.ports.1.port"`) {
		t.Error("a list does not grow without scripts")
	}
	sent.Set("_go", "next")
	if _, page = c.form(path, sent); !strings.Contains(page, `name="values.backup"`) {
		t.Errorf("page two does not ask for what page one brings:\n%s", page)
	}
	_, found := c.form(path+"/options", url.Values{"_field": {"values.uses"}, "values.uses": {"ledg"}})
	if !strings.Contains(found, `data-value="component:default/ledger"`) {
		t.Errorf("the search of a picker: %s", found)
	}
}

// A newcomer comes from home to a cloned service that builds, with at most six
// clicks and four typed fields; a second time without JavaScript.
func TestNewcomer(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	for _, scripts := range []bool{true, false} {
		name := map[bool]string{true: "first-api", false: "plain-api"}[scripts]
		t.Run(name, func(t *testing.T) {
			b := open(t, s)
			b.signIn("ada")
			if !scripts {
				if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
					t.Fatal(err)
				}
			}
			newcomer(t, b, name)
		})
	}
}

func newcomer(t *testing.T, b *browser, name string) {
	t.Helper()
	clicks, typed := 0, 0
	click := func(selector string) {
		t.Helper()
		clicks++
		b.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
		b.click(selector)
	}
	write := func(selector, text string) {
		t.Helper()
		typed++
		b.do("type", chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
	}
	b.goTo("/")
	click(`nav#nav a[href="/create"]`)
	click(`a.btn[href="/create/default/go-rest-api"]`)
	write(`[name="values.name"]`, name)
	write(`[name="values.description"]`, "Made by a newcomer")
	click(`#create button.btn[value="next"]`)
	b.do("next page", chromedp.WaitVisible(chromedp.CSS(`.wizard li:nth-child(3)[aria-current]`)))
	click(`#create button.btn[value="next"]`)
	click(`#create button.btn[value="create"]`)
	c := b.s.as("ada")
	eventually(t, 60*time.Second, "it is made", func() error {
		_, body := c.get("/api/v1/runs?limit=1")
		if !strings.Contains(body, `"succeeded"`) || !strings.Contains(body, name) {
			return errf("%s", body)
		}
		return nil
	})
	b.do("see what was made", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(`#made .clone code`)))
	address := strings.TrimPrefix(b.text(`#made .clone code`), "git clone ")
	if clicks > 6 || typed > 4 {
		t.Errorf("%d clicks and %d typed fields, want at most 6 and 4", clicks, typed)
	}
	t.Logf("%d clicks, %d typed fields", clicks, typed)
	token := c.token(`{"name":"` + name + `"}`)
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", strings.Replace(address, "http://", "http://ada:"+token+"@", 1), "work"); err != nil {
		t.Fatal(out, err)
	}
	builds(t, filepath.Join(dir, "work"))
}

// A form that was begun is found again in the gallery, and can be thrown away.
func TestDraftsAndGallery(t *testing.T) {
	s := everyForm(t)
	b := open(t, s)
	b.signIn("ada")
	b.goTo("/create/default/every-field")
	typeIn(b, `[name="values.name"]`, "my-draft")
	b.click(`button[value="draft"]`)
	b.waitText(".draft", "Your draft", 5*time.Second)
	if got := eval[string](b, `document.querySelector('[name="values.name"]').value`); got != "my-draft" {
		t.Errorf("the draft holds %q", got)
	}
	b.goTo("/create")
	b.waitText("main", "You have begun", 5*time.Second)
	look(t, b, "gallery")
	b.goTo("/create?q=every&recommended=true")
	b.waitText("main", "No golden path fits", 5*time.Second)
	b.goTo("/create/default/every-field")
	b.click(`.draft form button`)
	b.waitText("h1", "Create", 5*time.Second)
	b.clean()
}
