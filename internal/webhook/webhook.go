// Package webhook signs messages between machines as Standard Webhooks says,
// and checks such signatures: an id, a time and a body under one HMAC.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTime      = "Webhook-Timestamp" // seconds since 1970
	HeaderSignature = "Webhook-Signature" // one or more, parted by blanks
)

// Tolerance is how far the clocks of sender and receiver may differ.
const Tolerance = 5 * time.Minute

// secretPrefix begins a secret that is written in base 64.
const secretPrefix = "whsec_"

// minKey is the shortest key that is accepted, in bytes.
const minKey = 24

// ErrKey means that a secret cannot be used.
var ErrKey = errors.New("a secret is whsec_ and at least 24 bytes in base 64, or at least 24 characters")

// Key reads a secret.
func Key(secret string) ([]byte, error) {
	key := []byte(secret)
	if b, ok := strings.CutPrefix(secret, secretPrefix); ok {
		var err error
		if key, err = base64.StdEncoding.DecodeString(b); err != nil {
			return nil, ErrKey
		}
	}
	if len(key) < minKey {
		return nil, ErrKey
	}
	return key, nil
}

// Sign sets the headers of a message.
func Sign(h http.Header, key []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(HeaderID, id)
	h.Set(HeaderTime, stamp)
	h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sum(key, id, stamp, body)))
}

// Verify reports why a message is not to be believed; nil when it is signed
// with the key and fresh.
func Verify(h http.Header, key []byte, now time.Time, body []byte) error {
	id, stamp := h.Get(HeaderID), h.Get(HeaderTime)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil {
		return errors.New("the message has no id or time")
	}
	if d := now.Sub(time.Unix(seconds, 0)); d > Tolerance || d < -Tolerance {
		return errors.New("the message is not of now")
	}
	want := sum(key, id, stamp, body)
	for s := range strings.FieldsSeq(h.Get(HeaderSignature)) {
		got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "v1,"))
		if err == nil && strings.HasPrefix(s, "v1,") && hmac.Equal(got, want) {
			return nil
		}
	}
	return errors.New("the signature is wrong")
}

func sum(key []byte, id, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}
