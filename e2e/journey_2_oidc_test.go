package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// organisation is a trusted catalog file with ada in payments.
const organisation = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: company}
spec: {type: organization, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, parent: company, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: data}
spec: {type: team, parent: company, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {memberOf: [payments], profile: {displayName: Ada, email: ada@example.com}}
`

// intruder tries from an untrusted file to become a member.
const intruder = `apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: eve}
spec: {memberOf: [payments], profile: {email: eve@example.com}}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, children: [], members: [eve]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: harmless}
spec: {type: service, lifecycle: production, owner: payments}
`

// withOIDC starts a portal that signs in at a provider with these people.
func withOIDC(t *testing.T, people ...person) (*server, *issuer) {
	t.Helper()
	dir := t.TempDir()
	listen := freeAddr(t)
	i := newIssuer(t, "http://"+listen+"/sign-in/callback", people...)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	org, other := write("org.yaml", organisation), write("other.yaml", intruder)
	roles := write("roles.yaml", "assignments: [{role: developer, group: '*'}, {role: platform, claim: wm-platform}]\n")
	conf := write("waymark.yaml", "catalog:\n  locations: ['file:"+org+"', 'file:"+other+"']\n  trusted: ['file:"+org+"']\nroles: "+roles+
		"\noidc:\n  issuer: "+i.URL+"\n  client_id: waymark\n  client_secret: "+clientSecret+"\n  groups: {idp-data: 'group:default/data'}\n")
	s := start(t, options{listen: listen, env: []string{"WAYMARK_CONFIG=" + conf}})
	return s, i
}

// me is the portal's answer to who is asking.
type me struct {
	Ref    string
	Groups []string
	Roles  []struct{ Role, Group string }
}

// through signs in at the issuer as sub, following its redirects as a browser
// does, and returns who the portal says has come.
func through(t *testing.T, s *server, i *issuer, sub string) (me, *http.Client) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	res, err := c.Get(s.URL + "/sign-in/oidc?return_to=/settings")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	res, err = c.Get(res.Request.URL.String() + "&sub=" + sub)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	res, err = c.Get(s.URL + "/api/v1/me")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var who me
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(&who); err != nil {
			t.Fatal(err)
		}
	}
	return who, c
}

func TestSignInAtAProvider(t *testing.T) {
	s, i := withOIDC(t,
		person{Subject: "1", Name: "Ada", Email: "ada@example.com", Verified: true, Groups: []string{"idp-data", "unknown"}},
		person{Subject: "2", Name: "Liar", Email: "ada@example.com", Verified: false},
		person{Subject: "3", Name: "Pat", Email: "pat@example.com", Verified: true, Groups: []string{"wm-platform"}},
		person{Subject: "4", Name: "Eve", Email: "eve@example.com", Verified: true})
	eventually(t, 10*time.Second, "the catalog is read", func() error {
		if who, _ := through(t, s, i, "1"); !slices.Contains(who.Groups, "group:default/payments") {
			return errf("groups %v", who.Groups)
		}
		return nil
	})
	who, _ := through(t, s, i, "1")
	if who.Ref != "user:default/ada" || !slices.Contains(who.Groups, "group:default/data") {
		t.Errorf("ada: %+v; want the User with payments from the catalog and data from the claim", who)
	}
	if who, _ := through(t, s, i, "2"); who.Ref == "user:default/ada" || len(who.Groups) > 0 {
		t.Errorf("an address that is not verified: %+v; want a viewer without a team", who)
	}
	if who, _ := through(t, s, i, "3"); !slices.ContainsFunc(who.Roles, func(r struct{ Role, Group string }) bool { return r.Role == "platform" }) {
		t.Errorf("a mapped claim: %+v; want the role platform", who)
	}
	if who, _ := through(t, s, i, "4"); strings.HasPrefix(who.Ref, "user:") || len(who.Groups) > 0 {
		t.Errorf("a registered file made a member: %+v", who)
	}
}

func TestSignInIsRefused(t *testing.T) {
	s, i := withOIDC(t, person{Subject: "1", Name: "Ada", Email: "ada@example.com", Verified: true})
	t.Run("foreign state", func(t *testing.T) {
		res, err := http.Get(s.URL + "/sign-in/callback?state=made-up&code=x")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 1 {
			t.Errorf("status %d, cookies %v", res.StatusCode, res.Cookies())
		}
	})
	t.Run("wrong nonce", func(t *testing.T) {
		i.tamper = func(string) string { return "another" }
		defer func() { i.tamper = nil }()
		if who, _ := through(t, s, i, "1"); who.Ref != "" {
			t.Errorf("signed in as %s with a foreign nonce", who.Ref)
		}
	})
	t.Run("no subject", func(t *testing.T) {
		i.nameless = true
		defer func() { i.nameless = false }()
		if who, _ := through(t, s, i, "1"); who.Ref != "" {
			t.Errorf("signed in as %s without a subject", who.Ref)
		}
	})
	t.Run("the answer twice", func(t *testing.T) {
		jar, _ := cookiejar.New(nil) // never fails without options
		var callback string
		c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), s.URL+"/sign-in/callback") {
				callback = r.URL.String()
			}
			return nil
		}}
		res, err := c.Get(s.URL + "/sign-in/oidc")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res, err = c.Get(res.Request.URL.String() + "&sub=1"); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		other := &http.Client{}
		res, err = other.Get(callback)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("a second browser with the same answer: %d, want 403", res.StatusCode)
		}
	})
}

// A person signs in in a browser and out again; sessions rotate and end.
func TestSignInAtAProviderInABrowser(t *testing.T) {
	s, _ := withOIDC(t, person{Subject: "1", Name: "Ada", Email: "ada@example.com", Verified: true})
	b := open(t, s)
	b.goTo("/catalog")
	b.waitText("h1", "Sign in", 5*time.Second)
	b.click(`a[href^="/sign-in/oidc"]`)
	b.waitText("h1", "Who are you?", 10*time.Second)
	b.click("#as-1")
	b.waitText("h1", "Catalog", 10*time.Second)
	b.goTo("/settings/sessions")
	b.waitText("main", "this one", 5*time.Second)
	b.clean()
}
