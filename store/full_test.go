package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store/storetest"
)

// A full disk is said plainly, and nothing is half written. SQLite's own page
// limit stands in for the disk: it fails with the same code.
func TestAFullDiskIsSaid(t *testing.T) {
	s := storetest.SQLite(t)
	ctx := context.Background()
	if _, err := s.WriteDB().ExecContext(ctx, `PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err) // it becomes the present size: the file may not grow
	}
	err := s.Write(ctx, func(x tx.Tx) error {
		_, err := x.SQL().ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('big', ?)`, strings.Repeat("x", 4<<20))
		return err
	})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("got %v, want a fault that says that the disk is full", err)
	}
	var n int
	if err := s.WriteDB().QueryRowContext(ctx, `SELECT COUNT(*) FROM settings WHERE key = 'big'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v; want none", n, err)
	}
}
