package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

var (
	types = []string{"service", "service", "service", "website", "library"}
	lives = []string{"production", "production", "experimental", "deprecated"}
	tags  = []string{"go", "java", "python", "grpc", "rest", "kafka", "postgres", "redis", "frontend", "data", "ml", "search", "mobile", "batch", "pci", "gdpr"}
	words = []string{"order", "invoice", "basket", "customer", "ledger", "price", "stock", "shipment", "refund", "profile", "session", "audit", "report", "alert", "risk", "tax"}
)

func pick(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// documents are a group per 50 components, a domain per 400, a system per 20,
// an API per 5, and the components.
func documents(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	groups, domains, systems, apis := max(1, n/50), max(1, n/400), max(1, n/20), max(1, n/5)
	var out []string
	add := func(kind, name, spec string, more ...string) {
		out = append(out, fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: %s\nmetadata:\n  name: %s\n%sspec:\n%s", kind, name, strings.Join(more, ""), spec))
	}
	for i := range groups {
		spec := "  type: team\n  children: []\n"
		if i > 0 {
			spec += fmt.Sprintf("  parent: group-%04d\n", (i-1)/8)
		}
		add("Group", fmt.Sprintf("group-%04d", i), spec, fmt.Sprintf("  title: Team %d\n", i))
	}
	for i := range domains {
		add("Domain", fmt.Sprintf("domain-%03d", i), fmt.Sprintf("  owner: group-%04d\n", i%groups))
	}
	for i := range systems {
		add("System", fmt.Sprintf("system-%04d", i), fmt.Sprintf("  owner: group-%04d\n  domain: domain-%03d\n", i%groups, i%domains))
	}
	for i := range apis {
		add("API", fmt.Sprintf("api-%05d", i), fmt.Sprintf("  type: openapi\n  lifecycle: %s\n  owner: group-%04d\n  system: system-%04d\n  definition: 'openapi: 3.0.0'\n", lives[i%4], i%groups, i%systems))
	}
	for i := range n {
		w := pick(r, words)
		spec := fmt.Sprintf("  type: %s\n  lifecycle: %s\n  owner: group-%04d\n  system: system-%04d\n", pick(r, types), pick(r, lives), i/50%groups, i/20%systems)
		if i > 0 {
			spec += fmt.Sprintf("  dependsOn: ['component:component-%06d']\n", r.IntN(i))
		}
		if i%5 == 0 && i/5 < apis {
			spec += fmt.Sprintf("  providesApis: [api-%05d]\n", i/5)
		}
		spec += fmt.Sprintf("  consumesApis: [api-%05d]\n", r.IntN(apis))
		add("Component", fmt.Sprintf("component-%06d", i), spec,
			fmt.Sprintf("  title: %s service %d\n  description: The %s service keeps every %s and %s record consistent\n", w, i, w, pick(r, words), pick(r, words)),
			fmt.Sprintf("  tags: [%s]\n  annotations:\n    github.com/project-slug: example/component-%06d\n", tags[i%len(tags)], i))
	}
	return out
}

// generate writes n components with groups, systems, APIs and relations, 500 a
// file, always the same, and returns how many entities there are.
func generate(dir string, n int) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	docs := documents(n)
	for k := 0; k < len(docs); k += 500 {
		name := filepath.Join(dir, fmt.Sprintf("entities-%04d.yaml", k/500))
		if err := os.WriteFile(name, []byte(strings.Join(docs[k:min(k+500, len(docs))], "---\n")), 0o644); err != nil {
			return 0, err
		}
	}
	return len(docs), nil
}
