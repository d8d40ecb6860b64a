package remote

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// fakeAPI answers as the API of a kind of host does: lists in pages, with
// ETags, only with the token, and with a limit when it is told so.
type fakeAPI struct {
	kind    fetch.Kind
	lists   map[string][]any // by path: the whole list
	single  map[string]any
	asked   []string
	full    int // answers that were no 304
	limited bool
	name    string
	roots   *x509.CertPool
}

func newFakeAPI(t *testing.T, kind fetch.Kind) *fakeAPI {
	t.Helper()
	f := &fakeAPI{kind: kind, lists: map[string][]any{}, single: map[string]any{}}
	srv := httptest.NewTLSServer(f)
	t.Cleanup(srv.Close)
	f.name = srv.Listener.Addr().String()
	f.roots = x509.NewCertPool()
	f.roots.AddCert(srv.Certificate())
	return f
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked = append(f.asked, r.URL.String())
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if f.limited {
		if f.kind == fetch.GitHub {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(10*time.Minute).Unix(), 10))
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	path := r.URL.EscapedPath()
	if one, ok := f.single[path]; ok {
		f.answer(w, r, one)
		return
	}
	all, ok := f.lists[path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
		return
	}
	f.page(w, r, all)
}

// page answers one page as the host does.
func (f *fakeAPI) page(w http.ResponseWriter, r *http.Request, all []any) {
	q := r.URL.Query()
	size, page := 30, 1
	for _, k := range []string{"per_page", "limit"} {
		if n, err := strconv.Atoi(q.Get(k)); err == nil {
			size = n
		}
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		page = n
	}
	from, to := min((page-1)*size, len(all)), min(page*size, len(all))
	if to < len(all) {
		q.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf(`<https://%s%s?%s>; rel="next"`, r.Host, r.URL.EscapedPath(), q.Encode()))
		w.Header().Set("X-Next-Page", strconv.Itoa(page+1))
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	f.answer(w, r, all[from:to])
}

func (f *fakeAPI) answer(w http.ResponseWriter, r *http.Request, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	etag := fmt.Sprintf(`W/"%x"`, len(b)) // good enough to differ here
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f.full++
	w.Write(b)
}

func (f *fakeAPI) reader(t *testing.T, secret string, o Org) *Reader {
	t.Helper()
	r := newReader(t, f.roots, fetch.Host{Name: f.name, Kind: f.kind, Token: secret})
	o.URL = "https://" + f.name + "/" + o.URL
	r.o.Orgs = []Org{o}
	return r
}

type m = map[string]any

// many are n repositories of an organisation, as the kind of host lists them.
// Every tenth is archived, every seventh a fork, the last one is empty.
func many(kind fetch.Kind, org string, n int) []any {
	var out []any
	for i := range n {
		name := fmt.Sprintf("svc-%03d", i)
		archived, fork, empty := i%10 == 3, i%7 == 4, i == n-1
		switch kind {
		case fetch.GitHub:
			x := m{"name": name, "full_name": org + "/" + name, "default_branch": "main", "archived": archived, "fork": fork, "topics": []string{"t" + fmt.Sprint(i%2)}, "pushed_at": "2026-01-02T03:04:05Z"}
			if empty {
				x["pushed_at"] = nil
			}
			out = append(out, x)
		case fetch.GitLab:
			x := m{"path_with_namespace": org + "/sub/" + name, "default_branch": "main", "archived": archived, "empty_repo": empty, "topics": []string{"t" + fmt.Sprint(i%2)}}
			if fork {
				x["forked_from_project"] = m{"id": 7}
			}
			out = append(out, x)
		default:
			out = append(out, m{"id": i, "name": name, "full_name": org + "/" + name, "default_branch": "main", "archived": archived, "fork": fork, "empty": empty, "updated_at": "2026-01-02T03:04:05Z"})
		}
	}
	return out
}

var repoLists = map[fetch.Kind]string{fetch.GitHub: "/api/v3/orgs/acme/repos", fetch.GitLab: "/api/v4/groups/acme/projects", fetch.Gitea: "/api/v1/orgs/acme/repos"}
var userLists = map[fetch.Kind]string{fetch.GitHub: "/api/v3/users/acme/repos", fetch.GitLab: "/api/v4/users/acme/projects", fetch.Gitea: "/api/v1/users/acme/repos"}

// targets reads the repositories that an organisation's Location names.
func targetsIn(t *testing.T, r *Reader) []string {
	t.Helper()
	snap, err := r.Organisation(context.Background(), r.o.Orgs[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.ReadFile(snap.FS, "repositories.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Kind string
		Spec struct{ Targets []string }
	}
	if err := yaml.Unmarshal(b, &doc); err != nil || doc.Kind != "Location" {
		t.Fatalf("%s: %v", b, err)
	}
	return doc.Spec.Targets
}

func TestOrganisationsOfEveryKind(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.GitHub, fetch.GitLab, fetch.Gitea} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFakeAPI(t, kind)
			f.lists[repoLists[kind]] = many(kind, "acme", 250)
			r := f.reader(t, token, Org{URL: "acme"})
			got := targetsIn(t, r)
			want := 0
			for i := range 249 {
				if i%10 != 3 && i%7 != 4 {
					want++
				}
			}
			if len(got) != want {
				t.Errorf("%d targets, want %d", len(got), want)
			}
			a, ok := r.Parse(got[0])
			if !ok || !strings.HasSuffix(a.Rest, "main/catalog-info.yaml") || !strings.HasSuffix(a.Repo, "/svc-000") {
				t.Errorf("first target %q: %+v %v", got[0], a, ok)
			}
			pages := f.full
			if again := targetsIn(t, r); len(again) != want || f.full != pages {
				t.Errorf("second reading: %d targets, %d whole answers more; want what is remembered", len(again), f.full-pages)
			}
			f.lists[repoLists[kind]] = many(kind, "acme", 3)
			if again := targetsIn(t, r); len(again) != 2 {
				t.Errorf("after repositories went: %q", again)
			}
		})
	}
}

func TestOrganisationsAreFiltered(t *testing.T) {
	f := newFakeAPI(t, fetch.GitHub)
	f.lists[repoLists[fetch.GitHub]] = many(fetch.GitHub, "acme", 30)
	for name, c := range map[string]struct {
		org  Org
		want int
	}{
		"pattern":  {Org{Match: "svc-00*"}, 8},                          // without the archived 3 and the fork 4
		"exclude":  {Org{Match: "svc-00*", Exclude: "svc-000"}, 7},      //
		"topic":    {Org{Match: "svc-00*", Topics: []string{"t1"}}, 4},  // 1 5 7 9
		"archived": {Org{Match: "svc-00*", Archived: true}, 9},          //
		"forks":    {Org{Match: "svc-00*", Forks: true}, 9},             //
		"path":     {Org{Match: "svc-000", Path: "**/catalog.yaml"}, 1}, //
	} {
		c.org.URL = "acme"
		got := targetsIn(t, f.reader(t, token, c.org))
		if len(got) != c.want {
			t.Errorf("%s: %d targets %q, want %d", name, len(got), got, c.want)
		}
		if name == "path" && (len(got) != 1 || !strings.HasSuffix(got[0], "/blob/main/**/catalog.yaml")) {
			t.Errorf("path: %q", got)
		}
	}
}

func TestOrganisationMayBeAPerson(t *testing.T) {
	for kind, list := range userLists {
		f := newFakeAPI(t, kind)
		f.lists[list] = many(kind, "acme", 3)
		if got := targetsIn(t, f.reader(t, token, Org{URL: "acme"})); len(got) != 2 {
			t.Errorf("%s: %q, want 2", kind, got)
		}
	}
}

func TestOrganisationSaysWhyItIsNotRead(t *testing.T) {
	for _, kind := range []fetch.Kind{fetch.GitHub, fetch.GitLab, fetch.Gitea} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFakeAPI(t, kind)
			for what, c := range map[string]struct {
				secret string
				kind   fault.Kind
				says   string
			}{"wrong token": {"wrong-token-value", fault.Unavailable, "check its token"}, "nothing there": {token, fault.NotFound, "has nothing under this address"}} {
				r := f.reader(t, c.secret, Org{URL: "acme"})
				_, err := r.Organisation(context.Background(), r.o.Orgs[0].URL)
				if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), c.secret) {
					t.Errorf("%s: %v, want %s: %s", what, err, c.kind, c.says)
				}
			}
			f.limited = true
			r := f.reader(t, token, Org{URL: "acme"})
			if _, err := r.Organisation(context.Background(), r.o.Orgs[0].URL); err == nil {
				t.Error("a refused list was taken for an answer")
			}
			before := len(f.asked)
			_, err := r.Organisation(context.Background(), r.o.Orgs[0].URL)
			if !fault.Is(err, fault.TooMany) || len(f.asked) != before {
				t.Errorf("after the limit: %v and %d requests, want TooMany and none", err, len(f.asked)-before)
			}
			if _, err := r.Organisation(context.Background(), "https://"+f.name+"/other"); !fault.Is(err, fault.NotFound) {
				t.Errorf("an organisation that is not configured: %v", err)
			}
		})
	}
}

func TestPeopleOfOrganisations(t *testing.T) {
	for kind, fill := range map[fetch.Kind]func(*fakeAPI){
		fetch.GitHub: func(f *fakeAPI) {
			f.lists["/api/v3/orgs/acme/members"] = []any{m{"login": "Ada"}, m{"login": "ben"}}
			f.single["/api/v3/users/Ada"] = m{"login": "Ada", "name": "Ada Moreau", "email": "ada@example.com"}
			f.single["/api/v3/users/ben"] = m{"login": "ben", "name": "Ben"}
			f.lists["/api/v3/orgs/acme/teams"] = []any{m{"slug": "payments", "name": "Payments", "description": "Money"}, m{"slug": "cards", "name": "Cards", "parent": m{"slug": "payments"}}}
			f.lists["/api/v3/orgs/acme/teams/payments/members"] = []any{m{"login": "Ada"}}
			f.lists["/api/v3/orgs/acme/teams/cards/members"] = []any{m{"login": "ben"}}
		},
		fetch.GitLab: func(f *fakeAPI) {
			f.single["/api/v4/groups/acme"] = m{"id": 1, "name": "Payments", "full_path": "acme"}
			f.lists["/api/v4/groups/acme/descendant_groups"] = []any{m{"id": 2, "name": "Cards", "full_path": "acme/cards"}}
			f.lists["/api/v4/groups/1/members"] = []any{m{"username": "Ada", "name": "Ada Moreau", "state": "active", "public_email": "ada@example.com"}}
			f.lists["/api/v4/groups/2/members"] = []any{m{"username": "ben", "state": "active"}, m{"username": "gone", "state": "blocked"}}
		},
		fetch.Gitea: func(f *fakeAPI) {
			f.lists["/api/v1/orgs/acme/teams"] = []any{m{"id": 1, "name": "payments"}, m{"id": 2, "name": "cards"}}
			f.lists["/api/v1/teams/1/members"] = []any{m{"login": "Ada", "full_name": "Ada Moreau", "email": "ada@example.com"}}
			f.lists["/api/v1/teams/2/members"] = []any{m{"login": "ben"}}
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFakeAPI(t, kind)
			f.lists[repoLists[kind]] = []any{}
			fill(f)
			r := f.reader(t, token, Org{URL: "acme", People: true})
			snap, err := r.Organisation(context.Background(), r.o.Orgs[0].URL)
			if err != nil {
				t.Fatal(err)
			}
			b, err := fs.ReadFile(snap.FS, "people.yaml")
			if err != nil {
				t.Fatal(err)
			}
			text := string(b)
			if strings.Count(text, "kind: Group") != 2 || strings.Count(text, "kind: User") != 2 {
				t.Errorf("not two groups and two people:\n%s", text)
			}
			for _, want := range []string{"name: Ada\n", "email: ada@example.com", "displayName: Ada Moreau", "- Ada\n", "- ben\n"} {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %q:\n%s", want, text)
				}
			}
			if strings.Contains(text, "gone") {
				t.Errorf("a blocked account is a member:\n%s", text)
			}
		})
	}
}

func TestEntityName(t *testing.T) {
	for in, want := range map[string]string{"payments": "payments", "acme/sub group": "acme-sub-group", "-x-": "x", "Ünïcode": "n-code"} {
		if got := entityName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, in := range []string{"", "日本", strings.Repeat("long", 40)} {
		if got := entityName(in); got == "" || len(got) > 63 {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
