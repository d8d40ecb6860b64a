package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRemoveSample(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sample")
	if there, err := removeSample(dir); there || err != nil {
		t.Fatalf("without a sample: %v, %v", there, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "catalog"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := removeSample(dir); err == nil || !strings.Contains(err.Error(), "nothing was deleted") {
		t.Fatalf("a folder of somebody else: %v; want a refusal", err)
	}
	lock := filepath.Join(dir, sampleLock)
	one, err := lockFile(lock, false)
	if err != nil {
		t.Fatal(err)
	}
	two, err := lockFile(lock, false)
	if err != nil {
		t.Fatalf("a second user of the sample: %v", err)
	}
	one()
	if _, err := removeSample(dir); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Fatalf("while it is used: %v; want a refusal", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "catalog")); err != nil {
		t.Fatalf("a refused removal deleted something: %v", err)
	}
	two()
	if there, err := removeSample(dir); !there || err != nil {
		t.Fatalf("when nobody uses it: %v, %v", there, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("the folder is still there")
	}
}
