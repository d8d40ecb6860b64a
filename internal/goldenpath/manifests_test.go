package goldenpath_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

// lacking skips a test for want of a part, or fails it where all parts must
// be there.
func lacking(t *testing.T, part, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
		t.Fatalf("%s is required: %s", part, why)
	}
	t.Skipf("SKIP %s: %s", part, why)
}

// overlay is what tools/manifests tells of one overlay.
type overlay struct {
	Dir     string
	Overlay string
	Objects []object
}

// object is a Kubernetes object.
type object map[string]any

// at follows names and returns what is there, nil if nothing is.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// Every overlay of every making is what Kubernetes accepts, and OpenAPI
// descriptions are what their readers do.
func TestManifests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the tool that checks manifests is not built")
	}
	t.Parallel()
	tool := filepath.Join(t.TempDir(), "manifests")
	build := exec.Command("go", "build", "-o", tool, ".")
	build.Dir, build.Env = "../../tools/manifests", append(os.Environ(), "GOFLAGS=-mod=readonly -buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		lacking(t, "manifests", fmt.Sprintf("tools/manifests was not built: %v\n%s", err, out))
	}
	made := map[string]making{}
	args := []string{}
	for _, m := range makings {
		dir := m.make(t)
		made[dir], args = m, append(args, dir)
	}
	var said strings.Builder
	check := exec.Command(tool, args...)
	check.Stderr = &said
	out, err := check.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	count := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; count++ {
		var o overlay
		if err := dec.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		t.Run(made[o.Dir].name()+" "+o.Overlay, func(t *testing.T) {
			inPolicy(t, o)
			fits(t, o)
		})
	}
	if want := 3 * (4 + 4 + 4); count != want { // three overlays of each making of a service
		t.Errorf("%d overlays, want %d", count, want)
	}
}

// inPolicy asks the policy that the made repository brings, and checks that
// it would refuse.
func inPolicy(t *testing.T, o overlay) {
	t.Helper()
	ctx := context.Background()
	q, err := rego.New(rego.Query("data.deployment.deny"), rego.Module("deployment.rego", read(t, o.Dir, "policy/deployment.rego"))).PrepareForEval(ctx)
	if err != nil {
		t.Fatal(err)
	}
	deny := func(input any) []any {
		rs, err := q.Eval(ctx, rego.EvalInput(input))
		if err != nil || len(rs) != 1 {
			t.Fatalf("%v, %v", rs, err)
		}
		list, _ := rs[0].Expressions[0].Value.([]any)
		return list
	}
	for _, x := range o.Objects {
		if list := deny(map[string]any(x)); len(list) > 0 {
			t.Errorf("%s: %v", x["kind"], list)
		}
	}
	pod := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": "a:latest"}}}}
	for _, bad := range []map[string]any{
		{"kind": "Deployment", "metadata": map[string]any{"name": "a"}, "spec": map[string]any{"template": pod}},
		{"kind": "CronJob", "metadata": map[string]any{"name": "a"}, "spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": pod}}}},
	} {
		if list := deny(bad); len(list) < 7 {
			t.Errorf("the policy lets this pass: %v; it only says %v", bad, list)
		}
	}
}

// fits checks that the objects of an overlay fit together.
func fits(t *testing.T, o overlay) {
	t.Helper()
	kinds := map[string]object{}
	configs := map[any]bool{}
	for _, x := range o.Objects {
		kinds[fmt.Sprint(x["kind"])] = x
		if x["kind"] == "ConfigMap" {
			configs[x.at("metadata", "name")] = true
		}
		if got := x.at("metadata", "namespace"); got != "payments-team-"+o.Overlay {
			t.Errorf("%s is in the namespace %v", x["kind"], got)
		}
		labels, _ := x.at("metadata", "labels").(map[string]any)
		if labels["environment"] != o.Overlay || labels["service"] != service || labels["team"] != "payments-team" {
			t.Errorf("%s has the labels %v", x["kind"], labels)
		}
	}
	path := []string{"spec", "template"}
	workload := kinds["Deployment"]
	if workload == nil {
		workload, path = kinds["CronJob"], []string{"spec", "jobTemplate", "spec", "template"}
	}
	pod, _ := workload.at(path...).(map[string]any)
	if pod == nil {
		t.Fatal("nothing runs")
	}
	podLabels, _ := object(pod).at("metadata", "labels").(map[string]any)
	for kind, where := range map[string][]string{"Service": {"spec", "selector"}, "NetworkPolicy": {"spec", "podSelector", "matchLabels"}, "PodDisruptionBudget": {"spec", "selector", "matchLabels"}} {
		selector, _ := kinds[kind].at(where...).(map[string]any)
		for k, v := range selector {
			if podLabels[k] != v {
				t.Errorf("%s selects %s=%v, and the pods have %v", kind, k, v, podLabels[k])
			}
		}
		if kinds[kind] != nil && len(selector) == 0 {
			t.Errorf("%s selects everything", kind)
		}
	}
	containers, _ := object(pod).at("spec", "containers").([]any)
	c := object(containers[0].(map[string]any))
	from, _ := c["envFrom"].([]any)
	if ref := object(from[0].(map[string]any)).at("configMapRef", "name"); !configs[ref] {
		t.Errorf("settings come from %v, which is not among %v", ref, configs)
	}
	if workload["kind"] == "Deployment" {
		scaled(t, o, kinds["HorizontalPodAutoscaler"])
	}
}

// scaled checks the autoscaler against the size that was chosen.
func scaled(t *testing.T, o overlay, x object) {
	t.Helper()
	low, _ := x.at("spec", "minReplicas").(float64)
	high, _ := x.at("spec", "maxReplicas").(float64)
	if low < 1 || high < low || o.Overlay == "prod" && (low < 2 || high < 4) || o.Overlay == "dev" && low != 1 {
		t.Errorf("%v to %v copies", low, high)
	}
	if x.at("spec", "scaleTargetRef", "name") != service {
		t.Errorf("it scales %v", x.at("spec", "scaleTargetRef"))
	}
}
