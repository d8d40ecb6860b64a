package delivery

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// String is c as text for an address.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.At.Format(time.RFC3339Nano) + " " + c.ID))
}

// ParseCursor reads what Cursor.String wrote; empty is the beginning.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	bad := fault.InvalidField("cursor", "format", "This cursor was not made by this list.")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, bad
	}
	at, id, ok := strings.Cut(string(b), " ")
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil || !ok || id == "" {
		return Cursor{}, bad
	}
	return Cursor{At: t, ID: id}, nil
}

// MetricID turns other spellings of a metric, such as change-lead-time, into
// its id; what is none stays as it is.
func MetricID(s string) string {
	for _, id := range MetricIDs {
		if strings.EqualFold(strings.ReplaceAll(s, "-", ""), id) {
			return id
		}
	}
	return s
}
