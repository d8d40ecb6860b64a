package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clientTemplates are what Backstage's scaffolder client makes something from:
// one that ends well, one that fails at its end and tidies up, a slow one.
const clientTemplates = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: client-path, title: Path of the client}
spec:
  type: service
  presentation: {buttonLabels: {createButtonText: Make it}}
  parameters:
    - title: Names
      required: [repoName, owner]
      properties:
        repoName: {title: Name, type: string, ui:field: EntityNamePicker}
        owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}
    - title: More
      properties:
        count: {title: Count, type: integer, default: 1}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.repoName }}"}}}
    - {id: count, each: "${{ range(parameters.count) }}", action: debug:log, input: {message: "counted ${{ each.value }} with ${{ secrets.token }}"}}
    - {id: never, if: "${{ parameters.count > 9 }}", action: debug:log, input: {message: never}}
    - id: info
      action: catalog:write
      input:
        entity:
          apiVersion: backstage.io/v1alpha1
          kind: Component
          metadata: {name: "${{ parameters.repoName }}"}
          spec: {type: service, lifecycle: production, owner: "${{ parameters.owner }}"}
    - {id: publish, action: publish:git, input: {repoUrl: "waymark?owner=${{ parameters.owner | parseEntityRef | pick('name') }}&repo=${{ parameters.repoName }}"}}
    - {id: register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}
  output:
    entityRef: ${{ steps.register.output.entityRef }}
    links:
      - {title: Repository, url: "${{ steps.publish.output.remoteUrl }}"}
      - {title: Nothing, url: "https://example.com", if: "${{ parameters.count > 9 }}"}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: client-failing, title: One that fails}
spec:
  type: service
  parameters: {properties: {owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}}}
  steps:
    - {id: say, action: debug:log, input: {message: said once}}
    - {id: register, action: catalog:register, input: {catalogInfoUrl: "https://waymark/payments-team/not-there/blob/main/catalog-info.yaml"}}
    - {id: after, action: debug:log, input: {message: never said}}
    - {id: tidy, if: "${{ failure() }}", action: debug:log, input: {message: tidied up}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: client-slow, title: A slow one}
spec:
  type: service
  parameters: {properties: {owner: {title: Owner, type: string, ui:field: OwnerPicker, ui:options: {catalogFilter: {kind: Group}}}}}
  steps:
    - {id: wait, action: debug:wait, input: {seconds: 60}}
`

// Backstage's own scaffolder client calls every method of its against the
// server.
func TestBackstageScaffolderClient(t *testing.T) {
	needNode(t, "@backstage/plugin-scaffolder-common")
	folder := t.TempDir()
	for name, text := range map[string]string{"template.yaml": clientTemplates, "skeleton/README.md": "# ${{ values.name }}\n"} {
		p := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := "file:" + filepath.Join(folder, "template.yaml")
	s := start(t, options{sample: true, env: []string{"WAYMARK_CATALOG_LOCATIONS=" + source, "WAYMARK_CATALOG_TRUSTED=" + source,
		"WAYMARK_STATIC_TOKENS=watcher:viewer:" + hexSum(viewerToken)}})
	s.loaded()
	c := s.as("ada")
	eventually(t, 10*time.Second, "the templates are offered", func() error {
		if _, page := c.get("/create"); strings.Contains(page, "A slow one") {
			return nil
		}
		return errf("they are not in the gallery")
	})
	runNode(t, "scaffolder_client.cjs", "WAYMARK_URL="+s.URL, "WAYMARK_TOKEN="+c.token(`{"name":"t"}`), "WAYMARK_VIEWER="+viewerToken)
}
