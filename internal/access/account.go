package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Account is one subject at one issuer. It is the identity; the User it is
// linked to gives name, groups and roles.
type Account struct {
	ID      string
	Issuer  string
	Subject string
	User    string // entity reference; empty when no User matches
	Name    string
	Email   string
	Claims  []string // values of the groups claim at the last sign-in
	Zone    string   // IANA zone the person chose
}

// Session is one browser that is signed in.
type Session struct {
	ID        string
	Account   string
	Agent     string // the browser's name for itself, cut to 200 bytes
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is an API token. Its text is shown once; only its hash is kept.
type Token struct {
	ID        string
	Name      string
	Account   string
	Role      string   // at most this role of its owner's; empty: all of them
	Scopes    []string // action names; nil: all
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
	RevokedAt time.Time
}

// Attempt is a sign-in that has gone to the issuer and not come back.
type Attempt struct {
	State    string // hash of the state parameter
	Nonce    string
	Verifier string // PKCE
	ReturnTo string
	Expires  time.Time
}

// Store is what access keeps.
type Store interface {
	PutAccount(ctx context.Context, t tx.Tx, a Account) (Account, error) // by issuer and subject
	Account(ctx context.Context, id string) (Account, error)
	CreateSession(ctx context.Context, t tx.Tx, hash string, s Session) error
	SessionByHash(ctx context.Context, hash string) (Session, Account, error)
	TouchSession(ctx context.Context, t tx.Tx, id string) error
	EndSession(ctx context.Context, t tx.Tx, account, id string) error
	EndSessionsOf(ctx context.Context, t tx.Tx, account string) error
	CreateToken(ctx context.Context, t tx.Tx, hash string, k Token) error
	TokenByHash(ctx context.Context, hash string) (Token, Account, error)
	TouchToken(ctx context.Context, t tx.Tx, id string) error
	PutAttempt(ctx context.Context, t tx.Tx, a Attempt) error
	TakeAttempt(ctx context.Context, t tx.Tx, state string) (Attempt, error)
}

// ErrNoSession means that a cookie or token is unknown, ended or expired.
var ErrNoSession = fault.New(fault.Unauthenticated, "Sign in first.")

// newSecret returns 32 random bytes as text, with a prefix that tells what it
// is when it is found where it should not be.
func newSecret(prefix string) string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret is how a secret is kept: it has 256 random bits, so a plain hash
// is enough.
func hashSecret(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// cut shortens what a client says of itself and takes control characters out.
func cut(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
