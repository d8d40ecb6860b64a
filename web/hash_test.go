package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"testing"
)

// hashOf is how a secret is looked up.
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// The log is not under test, and a failing test should be readable.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}
