package store

import "github.com/waymark-portal/waymark/internal/access"

// hiddenFrom are the visibility rules that hide what they cover from v, one
// bit a rule as in entities.hidden_by. Zero: v may see every entity.
func (s *Store) hiddenFrom(v access.Viewer) int64 { return 0 }
