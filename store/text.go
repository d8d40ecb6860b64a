package store

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// storable makes arguments fit for the database. PostgreSQL refuses texts with
// a zero byte or broken UTF-8, which anybody can send; such places become the
// replacement character, so that a search finds nothing and a text is kept as
// far as it can be read. SQLite takes them as they are.
func (s *Store) storable(args []any) []any {
	if s.dialect == sqlite {
		return args
	}
	for i, a := range args {
		v := reflect.ValueOf(a)
		if v.Kind() != reflect.String || fits(v.String()) {
			continue
		}
		out := append([]any(nil), args...)
		for j := i; j < len(out); j++ {
			if v := reflect.ValueOf(out[j]); v.Kind() == reflect.String && !fits(v.String()) {
				out[j] = strings.ToValidUTF8(strings.ReplaceAll(v.String(), "\x00", "�"), "�")
			}
		}
		return out
	}
	return args
}

func fits(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
