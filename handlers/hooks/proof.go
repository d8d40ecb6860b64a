package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// All comparisons take the same time whatever is sent.

// signed reports whether signature is the hex HMAC-SHA256 of body.
func signed(signature string, body []byte, secret string) bool {
	got, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hmac.Equal(got, m.Sum(nil))
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func provesGitHub(h http.Header, body []byte, secret string) bool {
	s, ok := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256=")
	return ok && signed(s, body, secret)
}

func provesGitea(h http.Header, body []byte, secret string) bool {
	if s := h.Get("X-Gitea-Signature"); s != "" {
		return signed(s, body, secret)
	}
	return provesGitHub(h, body, secret)
}

func provesGitLab(h http.Header, _ []byte, secret string) bool {
	return sameText(h.Get("X-Gitlab-Token"), secret)
}

// provesBearer takes the secret as a bearer token, or a signature of ours.
func provesBearer(h http.Header, body []byte, secret string) bool {
	if s, ok := strings.CutPrefix(h.Get("X-Waymark-Signature-256"), "sha256="); ok {
		return signed(s, body, secret)
	}
	token, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	return ok && sameText(token, secret)
}
