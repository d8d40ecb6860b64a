// Package id makes identifiers: a prefix that says of what, and a lower-case
// ULID, so that they sort by the time they were made and cannot be guessed.
package id

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// New returns prefix, an underscore and a new lower-case ULID.
func New(prefix string) string {
	u := ulid.MustNew(ulid.Timestamp(time.Now()), rand.Reader)
	return prefix + "_" + strings.ToLower(u.String())
}

// Time is when an identifier was made, to the millisecond; false when s is none.
func Time(s string) (time.Time, bool) {
	_, text, _ := strings.Cut(s, "_")
	u, err := ulid.ParseStrict(strings.ToUpper(text))
	if err != nil {
		return time.Time{}, false
	}
	return ulid.Time(u.Time()).UTC(), true
}
