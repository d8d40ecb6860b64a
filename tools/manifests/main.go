// Command manifests checks what golden paths make against the definitions of
// others: Kubernetes manifests against the API's own types, after kustomize
// has built each overlay, and OpenAPI descriptions. It has a module of its
// own, so that the portal does not depend on any of it.
//
//	manifests DIR...
//
// For each folder it writes one JSON object a line to standard output: the
// folder, the overlay, and the objects in it. What is wrong goes to standard
// error, and the exit code is 1.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// kinds are what golden paths deploy; anything else is a mistake.
var kinds = map[string]func() any{
	"apps/v1 Deployment":                     func() any { return new(appsv1.Deployment) },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
	"batch/v1 CronJob":                       func() any { return new(batchv1.CronJob) },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return new(networkingv1.NetworkPolicy) },
	"policy/v1 PodDisruptionBudget":          func() any { return new(policyv1.PodDisruptionBudget) },
	"v1 ConfigMap":                           func() any { return new(corev1.ConfigMap) },
	"v1 Service":                             func() any { return new(corev1.Service) },
	"v1 ServiceAccount":                      func() any { return new(corev1.ServiceAccount) },
}

// overlay is what is written for each overlay.
type overlay struct {
	Dir     string           `json:"dir"`
	Name    string           `json:"overlay"`
	Objects []map[string]any `json:"objects"`
}

func main() {
	failed := false
	for _, dir := range os.Args[1:] {
		if err := check(dir); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", dir, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(dir string) error {
	if file := filepath.Join(dir, "api", "openapi.yaml"); exists(file) {
		if err := openAPI(file); err != nil {
			return fmt.Errorf("api/openapi.yaml: %w", err)
		}
	}
	overlays, err := filepath.Glob(filepath.Join(dir, "deploy", "kubernetes", "overlays", "*"))
	if err != nil {
		return err
	}
	for _, path := range overlays {
		objects, err := build(path)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if err := json.NewEncoder(os.Stdout).Encode(overlay{dir, filepath.Base(path), objects}); err != nil {
			return err
		}
	}
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func openAPI(file string) error {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return err
	}
	return doc.Validate(context.Background())
}

// build runs kustomize and reads each object strictly into its type.
func build(path string) (objects []map[string]any, err error) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		return nil, err
	}
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		name := r.GetApiVersion() + " " + r.GetKind()
		kind, ok := kinds[name]
		if !ok {
			return nil, fmt.Errorf("%s is not known here", name)
		}
		if err := yaml.UnmarshalStrict(text, kind()); err != nil {
			return nil, fmt.Errorf("%s %s: %w", name, r.GetName(), err)
		}
		object, err := r.Map()
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}
