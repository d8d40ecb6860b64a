package remote

import (
	"context"
	"crypto/x509"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

func TestReadsSingleFilesWithTheirETag(t *testing.T) {
	whole, text := 0, component("one")
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/dir/catalog.yaml":
			if r.URL.Query().Get("ref") != "main" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			etag := fmt.Sprintf(`"%d"`, len(text))
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			whole++
			fmt.Fprint(w, text)
		case "/dir/api.yaml":
			fmt.Fprint(w, "openapi: 3.1.0")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	name := srv.Listener.Addr().String()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	r := newReader(t, roots, fetch.Host{Name: name})
	target := "https://" + name + "/dir/catalog.yaml?ref=main"
	var version string
	for range 3 {
		snap, err := r.Fetch(context.Background(), target)
		if err != nil {
			t.Fatal(err)
		}
		b, err := fs.ReadFile(snap.FS, snap.Path)
		if err != nil || string(b) != text || snap.Location(snap.Path) != "url:"+target || !snap.Loose {
			t.Fatalf("got %q %v at %s, loose %v", b, err, snap.Location(snap.Path), snap.Loose)
		}
		if b, err := fs.ReadFile(snap.FS, "dir/api.yaml"); err != nil || string(b) != "openapi: 3.1.0" {
			t.Errorf("beside it: %q %v", b, err)
		}
		if _, err := fs.ReadFile(snap.FS, "dir/none.yaml"); !fault.Is(err, fault.NotFound) {
			t.Errorf("what is not there: %v, want NotFound", err)
		}
		version = snap.Version
	}
	if whole != 1 {
		t.Errorf("the file was sent %d times, want once", whole)
	}
	text = component("another")
	if snap, err := r.Fetch(context.Background(), target); err != nil || snap.Version == version {
		t.Errorf("after a change the version is %q as before, %v", snap.Version, err)
	}
	for target, says := range map[string]string{"https://" + name + "/dir/*.yaml": "give it a kind", "https://" + name + "/": "names no file", "https://" + name + "/none": "nothing under this address"} {
		if _, err := r.Fetch(context.Background(), target); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", target, err, says)
		}
	}
}
