package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestScaffolderNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := ScaffolderAction{ID: "acme:x", Description: "Does x.", URL: "https://x.example/do", Secret: strings.Repeat("k", 24)}
	with := func(change func(*ScaffolderAction)) Scaffolder {
		a := good
		change(&a)
		return Scaffolder{Actions: []ScaffolderAction{a}}
	}
	for name, k := range map[string]struct {
		s    Scaffolder
		says string
	}{
		"fine":           {with(func(*ScaffolderAction) {}), ""},
		"key by name":    {with(func(a *ScaffolderAction) { a.Secret, a.SecretEnv = "", "KEY" }), ""},
		"no host":        {Scaffolder{Hosts: []string{"a b"}}, "scaffolder.hosts[0]"},
		"ourselves":      {Scaffolder{Hosts: []string{"waymark"}}, "scaffolder.hosts[0]"},
		"plain http":     {Scaffolder{Hosts: []string{"http://x.lan"}}, "scaffolder.allow_private"},
		"no network":     {Scaffolder{AllowPrivate: []string{"10"}}, "not a network"},
		"unset variable": {Scaffolder{Secrets: map[string]string{"A": "NOT_SET"}}, "scaffolder.secrets.A"},
		"no colon":       {with(func(a *ScaffolderAction) { a.ID = "x" }), "scaffolder.actions[0].id"},
		"no words":       {with(func(a *ScaffolderAction) { a.Description = "" }), "description"},
		"a password":     {with(func(a *ScaffolderAction) { a.URL = "https://a:b@x.example/" }), "url"},
		"no scheme":      {with(func(a *ScaffolderAction) { a.URL = "x.example/do" }), "url"},
		"weak key":       {with(func(a *ScaffolderAction) { a.Secret = "short" }), "secret"},
		"too patient":    {with(func(a *ScaffolderAction) { a.Timeout = 1 << 50 }), "timeout"},
		"twice":          {Scaffolder{Actions: []ScaffolderAction{good, good}}, "named twice"},
	} {
		err := errors.Join(k.s.check(func(name string) string { return map[string]string{"KEY": good.Secret}[name] })...)
		if (err == nil) != (k.says == "") || err != nil && !strings.Contains(err.Error(), k.says) {
			t.Errorf("%s: %v, want %q", name, err, k.says)
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v", good, good, good); strings.Contains(shown, good.Secret) {
		t.Errorf("the key shows: %s", shown)
	}
}
