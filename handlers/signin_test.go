package handlers

import (
	"net/http/httptest"
	"testing"
)

func TestWhereTheSamplePeopleMaySignIn(t *testing.T) {
	for _, c := range []struct {
		name, listen, host, peer string
		header                   string
		want                     bool
	}{
		{"this machine", "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:5", "", true},
		{"by name", "127.0.0.1:8080", "localhost:8080", "127.0.0.1:5", "", true},
		{"IPv6", "[::1]:8080", "[::1]:8080", "[::1]:5", "", true},
		{"another name", "127.0.0.1:8080", "portal.example.com:8080", "127.0.0.1:5", "", false},
		{"another port", "127.0.0.1:8080", "127.0.0.1:80", "127.0.0.1:5", "", false},
		{"no port", "127.0.0.1:8080", "127.0.0.1", "127.0.0.1:5", "", false},
		{"another machine", "127.0.0.1:8080", "127.0.0.1:8080", "192.0.2.7:5", "", false},
		{"an open listener", "0.0.0.0:8080", "127.0.0.1:8080", "127.0.0.1:5", "", false},
		{"behind a proxy", "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:5", "X-Forwarded-For", false},
		{"forwarded", "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:5", "Forwarded", false},
		{"via", "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:5", "Via", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/sign-in/sample", nil)
			r.Host, r.RemoteAddr = c.host, c.peer
			if c.header != "" {
				r.Header.Set(c.header, "203.0.113.9")
			}
			if got := sampleAllowed(r, c.listen); got != c.want {
				t.Errorf("allowed %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheFirstCodeServesOnce(t *testing.T) {
	f := NewFirstCode()
	if f.Take("wrong") || !f.Open() {
		t.Error("a wrong code was taken or ended the right one")
	}
	if !f.Take(f.Code()) {
		t.Error("the right code was refused")
	}
	if f.Open() || f.Take("") {
		t.Error("the code serves twice")
	}
}
