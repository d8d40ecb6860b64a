package store

import "context"

// Shrink gives back the memory that large writes have taken. PostgreSQL keeps
// its own elsewhere.
func (s *Store) Shrink(ctx context.Context) error {
	if s.dialect == postgres {
		return nil
	}
	_, err := s.write.ExecContext(ctx, `PRAGMA shrink_memory`)
	return err
}
