package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

func residentOfFiles(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		t.Skip("this kernel does not tell how much of a program is in memory")
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What the start touched of the program goes, and the program goes on.
func TestGiveBackBinary(t *testing.T) {
	before := residentOfFiles(t)
	if err := giveBackBinary(); err != nil {
		t.Fatal(err)
	}
	if after := residentOfFiles(t); after >= before {
		t.Errorf("%d kB of the program in memory before, %d after; want less", before, after)
	}
}
