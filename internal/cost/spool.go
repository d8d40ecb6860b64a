package cost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/waymark-portal/waymark/internal/id"
)

var spoolForm = regexp.MustCompile(`^upl_[0-9a-f]{26}$`)

// spool keeps uploads in files while actions read them. A file is named by
// its content, so that the same upload again is the same input.
type spool struct {
	dir  string
	mu   sync.Mutex
	used map[string]int
}

// Spool keeps an upload until the action has read it and returns its name for
// the action's input. Call Unspool when the action has answered.
func (e *Engine) Spool(r io.Reader) (string, error) { return e.spool.keep(r) }

// Unspool gives a spooled upload back; an empty name does nothing.
func (e *Engine) Unspool(name string) { e.spool.drop(name) }

func (s *spool) keep(r io.Reader) (string, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	part := filepath.Join(s.dir, id.New("part"))
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(f, io.TeeReader(r, hash))
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(part) // a leftover is removed at the next start
		return "", fmt.Errorf("spool: %w", err)
	}
	name := "upl_" + hex.EncodeToString(hash.Sum(nil))[:26]
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(part, filepath.Join(s.dir, name)); err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	if s.used == nil {
		s.used = map[string]int{}
	}
	s.used[name]++
	return name, nil
}

func (s *spool) drop(name string) {
	if !spoolForm.MatchString(name) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[name]--; s.used[name] > 0 {
		return // somebody else reads the same content
	}
	delete(s.used, name)
	os.Remove(filepath.Join(s.dir, name)) // a leftover is removed at the next start
}

// open opens a spooled upload; fs.ErrNotExist without one of that name.
func (s *spool) open(name string) (*os.File, error) {
	if !spoolForm.MatchString(name) {
		return nil, os.ErrNotExist
	}
	return os.Open(filepath.Join(s.dir, name))
}
