package terraform

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBackend(t *testing.T) {
	const first = `{"version": 4, "serial": 1, "lineage": "L"}`
	const second = `{"version": 4, "serial": 2, "lineage": "L"}`
	m := &memory{}
	b := &Backend{States: m, Token: "right"}
	steps := []struct {
		name, method, query, token, body string
		want                             int
	}{
		{"no token", "GET", "", "", "", 401},
		{"another run's token", "GET", "", "wrong", "", 401},
		{"no state yet", "GET", "", "right", "", 204},
		{"upload without the lock", "POST", "?ID=1", "right", first, 423},
		{"lock without an id", "LOCK", "", "right", "{}", 400},
		{"lock", "LOCK", "", "right", `{"ID": "1"}`, 200},
		{"locked by another", "LOCK", "", "right", `{"ID": "2"}`, 423},
		{"upload by another", "POST", "?ID=2", "right", first, 423},
		{"not a state", "POST", "?ID=1", "right", `{"x": 1}`, 400},
		{"upload", "POST", "?ID=1", "right", first, 200},
		{"the same again", "POST", "?ID=1", "right", first, 200},
		{"the next", "POST", "?ID=1", "right", second, 200},
		{"an older one", "POST", "?ID=1", "right", first, 409},
		{"another lineage", "POST", "?ID=1", "right", strings.NewReplacer("L", "M", "2", "9").Replace(second), 409},
		{"unlock by another", "UNLOCK", "", "right", `{"ID": "2"}`, 423},
		{"unlock", "UNLOCK", "", "right", `{"ID": "1"}`, 200},
		{"state is not deleted", "DELETE", "", "right", "", 405},
		{"read", "GET", "", "right", "", 200},
	}
	for _, st := range steps {
		r := httptest.NewRequest(st.method, "/state"+st.query, strings.NewReader(st.body))
		if st.token != "" {
			r.SetBasicAuth(BackendUser, st.token)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != st.want {
			t.Errorf("%s: got %d %s, want %d", st.name, w.Code, w.Body, st.want)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/state", nil)
	r.SetBasicAuth(BackendUser, "right")
	if b.ServeHTTP(w, r); w.Body.String() != second {
		t.Errorf("state is %s, want %s", w.Body, second)
	}
}

func TestEmptyTokenIsNobodys(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/state", nil)
	r.SetBasicAuth(BackendUser, "")
	if (&Backend{States: &memory{}}).ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Errorf("got %d, want 401", w.Code)
	}
}
