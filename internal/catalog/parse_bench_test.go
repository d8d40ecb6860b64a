package catalog

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkParse reads 1,000 components with what real ones have. A catalog
// of 12,725 entities takes that much times 12.7.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: service-%d
  title: Service %d
  description: Does one thing, and does it well enough for most
  labels: {tier: "%d"}
  annotations:
    backstage.io/techdocs-ref: dir:.
    github.com/project-slug: acme/service-%d
  tags: [go, rest, pci]
  links:
    - url: https://grafana.example.com/d/%d
      title: Dashboard
spec:
  type: service
  lifecycle: production
  owner: team-%d
  system: system-%d
  providesApis: [api-%d]
  consumesApis: [api-%d]
  dependsOn: ["component:service-%d", "resource:db-%d"]
`, i, i, i%4, i, i, i%50, i%90, i, i+1, i+1, i)
	}
	f := File{Source: "file:/srv", Path: "a.yaml", Location: "file:/srv/a.yaml", Data: []byte(text.String())}
	b.SetBytes(int64(len(f.Data)))
	b.ReportAllocs()
	for b.Loop() {
		if docs := Parse(f); len(docs) != 1000 || docs[0].Entity == nil {
			b.Fatal(short(docs[:1]))
		}
	}
}
