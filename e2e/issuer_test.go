package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// person is an account at the issuer.
type person struct {
	Subject  string
	Name     string
	Email    string
	Verified bool
	Groups   []string
}

// issuer is a real OpenID provider in this process, with people who sign in by
// naming themselves, and a groups claim.
type issuer struct {
	op.Storage // what is not needed here panics loudly
	URL        string
	people     map[string]person
	key        *rsa.PrivateKey
	mu         sync.Mutex
	requests   map[string]*authRequest
	codes      map[string]string
	tokens     map[string]string // token id to subject
	tamper     func(nonce string) string
	nameless   bool // leaves the subject out of ID tokens
}

// newIssuer starts the provider on loopback; redirect is the portal's callback.
func newIssuer(t *testing.T, redirect string, people ...person) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{URL: "http://" + l.Addr().String(), people: map[string]person{}, key: key, requests: map[string]*authRequest{}, codes: map[string]string{}, tokens: map[string]string{}}
	for _, p := range people {
		i.people[p.Subject] = p
	}
	client := portalClient{redirect: redirect}
	provider, err := op.NewProvider(&op.Config{CodeMethodS256: true, AuthMethodPost: true}, &storage{i, client}, op.StaticIssuer(i.URL), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) { i.login(w, r, provider) })
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return i
}

// login is the issuer's page: a list of its people.
func (i *issuer) login(w http.ResponseWriter, r *http.Request, provider op.OpenIDProvider) {
	id := r.FormValue("id")
	if sub := r.FormValue("sub"); sub != "" {
		i.mu.Lock()
		req := i.requests[id]
		if req != nil {
			req.subject, req.done = sub, true
		}
		i.mu.Unlock()
		http.Redirect(w, r, op.AuthCallbackURL(provider)(op.ContextWithIssuer(r.Context(), i.URL), id), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, "<!doctype html><title>Issuer</title><h1>Who are you?</h1>")
	for sub := range i.people {
		fmt.Fprintf(w, `<p><a id="as-%s" href="/login?id=%s&sub=%s">%s</a>`, sub, id, sub, sub)
	}
}

type authRequest struct {
	*oidc.AuthRequest
	id, subject string
	done        bool
	nonce       func(string) string
}

func (a *authRequest) GetID() string          { return a.id }
func (a *authRequest) GetACR() string         { return "" }
func (a *authRequest) GetAMR() []string       { return []string{"pwd"} }
func (a *authRequest) GetAudience() []string  { return []string{a.ClientID} }
func (a *authRequest) GetAuthTime() time.Time { return time.Now() }
func (a *authRequest) GetSubject() string     { return a.subject }
func (a *authRequest) Done() bool             { return a.done }
func (a *authRequest) GetNonce() string {
	if a.nonce != nil {
		return a.nonce(a.Nonce)
	}
	return a.Nonce
}
func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: a.CodeChallenge, Method: a.CodeChallengeMethod}
}

// storage keeps the issuer's state in memory.
type storage struct {
	*issuer
	client portalClient
}

func (s *storage) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if r.CodeChallenge == "" || r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &authRequest{AuthRequest: r, id: rand.Text(), nonce: s.tamper}
	s.requests[a.id] = a
	return a, nil
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.requests[id]; a != nil {
		return a, nil
	}
	return nil, errors.New("no such request")
}

func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id := s.codes[code]
	s.mu.Unlock()
	return s.AuthRequestByID(ctx, id)
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, id)
	return nil
}

func (s *storage) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	s.tokens[id] = r.GetSubject()
	return id, time.Now().Add(5 * time.Minute), nil
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return signingKey{s.key}, nil }
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{&s.key.PublicKey}}, nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.GetID() {
		return nil, errors.New("no such client")
	}
	return s.client, nil
}

func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if id != s.client.GetID() || secret != clientSecret {
		return errors.New("wrong secret")
	}
	return nil
}

func (s *storage) SetUserinfoFromScopes(_ context.Context, u *oidc.UserInfo, subject, _ string, _ []string) error {
	u.Subject = subject
	if s.nameless {
		u.Subject = ""
	}
	return nil
}

func (s *storage) SetUserinfoFromToken(_ context.Context, u *oidc.UserInfo, tokenID, subject, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[tokenID] != subject {
		return errors.New("no such token")
	}
	p := s.people[subject]
	u.Subject, u.Name, u.Email, u.EmailVerified = p.Subject, p.Name, p.Email, oidc.Bool(p.Verified)
	u.AppendClaims("groups", p.Groups)
	return nil
}

func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

func (s *storage) Health(context.Context) error { return nil }

type signingKey struct{ key *rsa.PrivateKey }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return "test" }

type publicKey struct{ key *rsa.PublicKey }

func (k publicKey) ID() string                         { return "test" }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.key }

const clientSecret = "portal-secret"

// portalClient is Waymark as the issuer knows it.
type portalClient struct{ redirect string }

func (c portalClient) GetID() string                    { return "waymark" }
func (c portalClient) RedirectURIs() []string           { return []string{c.redirect} }
func (c portalClient) PostLogoutRedirectURIs() []string { return nil }
func (c portalClient) ApplicationType() op.ApplicationType {
	return op.ApplicationTypeWeb
}
func (c portalClient) AuthMethod() oidc.AuthMethod { return oidc.AuthMethodBasic }
func (c portalClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c portalClient) GrantTypes() []oidc.GrantType         { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c portalClient) LoginURL(id string) string            { return "/login?id=" + id }
func (c portalClient) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeBearer }
func (c portalClient) IDTokenLifetime() time.Duration       { return 5 * time.Minute }
func (c portalClient) DevMode() bool                        { return true }
func (c portalClient) IsScopeAllowed(scope string) bool     { return scope == "groups" }
func (c portalClient) IDTokenUserinfoClaimsAssertion() bool { return false }
func (c portalClient) ClockSkew() time.Duration             { return 0 }
func (c portalClient) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return slices.Clone[[]string]
}
func (c portalClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return slices.Clone[[]string]
}

func (a *authRequest) GetClientID() string                { return a.ClientID }
func (a *authRequest) GetRedirectURI() string             { return a.RedirectURI }
func (a *authRequest) GetResponseType() oidc.ResponseType { return a.ResponseType }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return a.ResponseMode }
func (a *authRequest) GetScopes() []string                { return a.Scopes }
func (a *authRequest) GetState() string                   { return a.State }
