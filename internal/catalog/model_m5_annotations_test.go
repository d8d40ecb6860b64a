package catalog

import (
	"strings"
	"testing"
)

// M5: what the catalog writes about where an entity came from.
func TestM5Annotations(t *testing.T) {
	const (
		view, edit, folder, managed, origin = annotationView, annotationEdit, annotationFolder, annotationManaged, annotationOrigin
		commit                              = "0123456789abcdef0123456789abcdef01234567"
	)
	for _, c := range []struct {
		name, location, written string
		want                    map[string]string // empty: not there
		warned                  bool
	}{
		{"file", "file:/srv/a/b.yaml", "", map[string]string{managed: "file:/srv/a/b.yaml", origin: "the source", folder: "file:/srv/a/", view: "", edit: ""}, false},
		{"github", "url:https://github.com/o/r/blob/main/a/b.yaml", "", map[string]string{managed: "url:https://github.com/o/r/blob/main/a/b.yaml",
			folder: "url:https://github.com/o/r/blob/main/a/", view: "https://github.com/o/r/blob/main/a/b.yaml", edit: "https://github.com/o/r/edit/main/a/b.yaml"}, false},
		{"gitlab", "url:https://gitlab.com/g/s/r/-/blob/main/b.yaml", "", map[string]string{edit: "https://gitlab.com/g/s/r/-/edit/main/b.yaml"}, false},
		{"gitea", "url:https://git.example.com/o/r/src/branch/main/b.yaml", "", map[string]string{edit: "https://git.example.com/o/r/_edit/main/b.yaml"}, false},
		{"a commit cannot be edited", "url:https://github.com/o/r/blob/" + commit + "/b.yaml", "", map[string]string{edit: "", view: "https://github.com/o/r/blob/" + commit + "/b.yaml"}, false},
		{"only the first folder called blob", "url:https://github.com/o/r/blob/main/blob/b.yaml", "", map[string]string{edit: "https://github.com/o/r/edit/main/blob/b.yaml"}, false},
		{"view, edit and source of the file's own", "url:https://github.com/o/r/blob/main/b.yaml", view + ": 'https://x/v', " + edit + ": 'https://x/e', " + folder + ": 'url:https://x/'",
			map[string]string{view: "https://x/v", edit: "https://x/e", folder: "url:https://x/"}, false},
		{"who manages it is for the catalog to say", "file:/srv/b.yaml", managed + ": 'url:https://evil', " + origin + ": 'url:https://evil'",
			map[string]string{managed: "file:/srv/b.yaml", origin: "the source"}, false},
		{"script to view", "file:/srv/b.yaml", view + ": 'javascript:alert(1)'", map[string]string{view: rejected}, true},
		{"script to edit, in disguise", "file:/srv/b.yaml", edit + `: " \tJava\nScript:alert(1)"`, map[string]string{edit: rejected}, true},
		{"orphan", "file:/srv/b.yaml", annotationOrphan + ": 'true'", map[string]string{annotationOrphan: ""}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs := Parse(File{Source: "the source", Path: "b.yaml", Location: c.location, Data: []byte(head + "kind: Gadget\nmetadata:\n  name: a\n  annotations: {" + c.written + "}\n")})
			if len(docs) != 1 || docs[0].Entity == nil {
				t.Fatal(short(docs))
			}
			for key, want := range c.want {
				if got, there := docs[0].Entity.Metadata.Annotations[key]; got != want || there != (want != "") {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
			if warned := len(docs[0].Problems) == 1 && docs[0].Problems[0].Severity == Warning && docs[0].Problems[0].Line == 5; warned != c.warned {
				t.Errorf("problems %v", said(docs[0]))
			}
		})
	}
}

// M5: annotations that others read stay as they are.
func TestM5OtherAnnotationsStay(t *testing.T) {
	keys := strings.Fields(`backstage.io/techdocs-ref backstage.io/techdocs-entity github.com/project-slug github.com/team-slug github.com/user-login
		gitlab.com/project-slug dev.azure.com/project-repo bitbucket.org/project-slug backstage.io/kubernetes-id backstage.io/kubernetes-label-selector
		jenkins.io/job-full-name sonarqube.org/project-key sentry.io/project-slug rollbar.com/project-slug circleci.com/project-slug
		pagerduty.com/integration-key grafana/dashboard-selector grafana/alert-label-selector argocd/app-name argocd/app-selector opsgenie.com/component-selector
		datadoghq.com/site snyk.io/org-id jira/project-key vault.io/secrets-path backstage.io/adr-location backstage.io/code-coverage backstage.io/ldap-dn
		graph.microsoft.com/user-id gocd.org/pipelines backstage.io/source-template backstage.io/time-saved backstage.io/github-actions-id
		backstage.io/definition-at-location jenkins.io/github-folder`)
	text := head + "kind: Gadget\nmetadata:\n  name: a\n  annotations:\n"
	for _, k := range keys {
		text += "    " + k + ": \"a=b, c: d\"\n"
	}
	d := parseOne(t, text, File{})
	if d.Entity == nil || len(d.Problems) > 0 {
		t.Fatal(said(d))
	}
	for _, k := range keys {
		if d.Entity.Metadata.Annotations[k] != "a=b, c: d" {
			t.Errorf("%s is %q", k, d.Entity.Metadata.Annotations[k])
		}
	}
}
