package secret

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestSealAndUnseal(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sealed := a.Seal([]byte("s3cr3t"), "secret/1")
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name    string
		box     *Box
		sealed  []byte
		context string
		want    error
	}{
		{"same", a, sealed, "secret/1", nil},
		{"moved to another row", a, sealed, "secret/2", ErrSealed},
		{"changed", a, flipped, "secret/1", ErrSealed},
		{"cut", a, sealed[:8], "secret/1", ErrSealed},
		{"empty", a, nil, "secret/1", ErrSealed},
		{"another key", other, sealed, "secret/1", ErrKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plain, err := tt.box.Unseal(tt.sealed, tt.context)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got error %v, want %v", err, tt.want)
			}
			if tt.want == nil && string(plain) != "s3cr3t" {
				t.Errorf("got %q, want s3cr3t", plain)
			}
		})
	}
	if bytes.Contains(sealed, []byte("s3cr3t")) {
		t.Error("the sealed value holds the plain one")
	}
}

func TestKeyIsMadeOnceAndPrivate(t *testing.T) {
	dir := t.TempDir()
	prints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			if b, err := Open(dir); err == nil {
				prints[i] = b.Fingerprint()
			}
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p == "" || p != prints[0] {
			t.Fatalf("boxes opened at once have different keys: %v", prints)
		}
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, mode %v; want 0600", err, info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBadKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, KeyFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a key of 5 bytes was accepted")
	}
}
