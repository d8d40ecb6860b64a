package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// attemptLife is how long a person has at the issuer.
const attemptLife = 10 * time.Minute

// The faults of a sign-in.
var (
	ErrIssuer  = fault.New(fault.Unavailable, "The sign-in service does not answer. Nobody was signed in; try again in a moment.")
	ErrAttempt = fault.New(fault.Forbidden, "This sign-in was not started here, was used already, or took longer than 10 minutes. Start again.")
	ErrRefused = fault.New(fault.Forbidden, "The sign-in service did not let you in.")
)

// OIDC signs people in at an OpenID Connect issuer by the authorization code
// flow with PKCE (RFC 7636), state and nonce.
type OIDC struct {
	Config   config.OIDC
	Redirect string // our callback's address
	DB       tx.DB
	Store    Store

	mu       sync.Mutex
	provider *oidc.Provider
}

// connect reads the issuer's description once it answers; the portal starts
// without it.
func (o *OIDC) connect(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	// The provider keeps its context for fetching keys, so it must outlive the request.
	p, err := oidc.NewProvider(context.WithoutCancel(ctx), o.Config.Issuer)
	if err != nil {
		return nil, ErrIssuer.Because(err)
	}
	o.provider = p
	return p, nil
}

func (o *OIDC) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: o.Config.ClientID, ClientSecret: o.Config.ClientSecret, Endpoint: p.Endpoint(),
		RedirectURL: o.Redirect, Scopes: o.Config.Scopes}
}

// Begin returns the issuer's address to send the browser to, and the state,
// which the browser must bring back in a cookie too.
func (o *OIDC) Begin(ctx context.Context, returnTo string) (address, state string, err error) {
	p, err := o.connect(ctx)
	if err != nil {
		return "", "", err
	}
	state = newSecret("")
	a := Attempt{State: hashSecret(state), Nonce: newSecret(""), Verifier: oauth2.GenerateVerifier(), ReturnTo: returnTo}
	err = o.DB.Write(ctx, func(t tx.Tx) error {
		a.Expires = t.Now().Add(attemptLife)
		return o.Store.PutAttempt(ctx, t, a)
	})
	return o.oauth(p).AuthCodeURL(state, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), state, err
}

// Finish turns the issuer's answer into who has come and where they wanted to
// go. cookie is the state from the browser's cookie.
func (o *OIDC) Finish(ctx context.Context, state, code, cookie string) (Identity, string, error) {
	if state == "" || state != cookie {
		return Identity{}, "", ErrAttempt
	}
	var a Attempt
	err := o.DB.Write(ctx, func(t tx.Tx) (err error) {
		a, err = o.Store.TakeAttempt(ctx, t, hashSecret(state))
		return err
	})
	if errors.Is(err, ErrNoSession) {
		return Identity{}, "", ErrAttempt
	}
	if err != nil {
		return Identity{}, "", err
	}
	who, err := o.exchange(ctx, code, a)
	return who, a.ReturnTo, err
}

func (o *OIDC) exchange(ctx context.Context, code string, a Attempt) (Identity, error) {
	p, err := o.connect(ctx)
	if err != nil {
		return Identity{}, err
	}
	tokens, err := o.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, ErrRefused.Because(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return Identity{}, ErrRefused.Because(errors.New("no id_token in the answer"))
	}
	verified, err := p.Verifier(&oidc.Config{ClientID: o.Config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, ErrRefused.Because(err)
	}
	if verified.Nonce != a.Nonce {
		return Identity{}, ErrRefused.Because(errors.New("nonce differs"))
	}
	if verified.Subject == "" { // everybody without one would be the same account
		return Identity{}, ErrRefused.Because(errors.New("the ID token has no subject"))
	}
	return o.identity(ctx, p, tokens, verified)
}

// identity reads the claims of the ID token, and of the userinfo endpoint
// where the token leaves them out.
func (o *OIDC) identity(ctx context.Context, p *oidc.Provider, tokens *oauth2.Token, verified *oidc.IDToken) (Identity, error) {
	claims := map[string]any{}
	if p.UserInfoEndpoint() != "" {
		info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err == nil && info.Subject == verified.Subject {
			err = info.Claims(&claims)
		}
		if err != nil {
			return Identity{}, ErrRefused.Because(fmt.Errorf("userinfo: %w", err))
		}
	}
	if err := verified.Claims(&claims); err != nil {
		return Identity{}, ErrRefused.Because(err)
	}
	return o.fromClaims(verified.Issuer, verified.Subject, claims), nil
}

// fromClaims is who the claims say has come. An e-mail address counts only
// when the issuer says that it is verified.
func (o *OIDC) fromClaims(issuer, subject string, claims map[string]any) Identity {
	who := Identity{Issuer: issuer, Subject: subject, Name: text(claims["name"])}
	if o.Config.UserClaim != "email" || claims["email_verified"] == true || claims["email_verified"] == "true" {
		who.Email = text(claims[o.Config.UserClaim])
	}
	for _, fallback := range []string{"preferred_username", "email"} {
		if who.Name == "" {
			who.Name = text(claims[fallback])
		}
	}
	if who.Name == "" {
		who.Name = subject
	}
	who.Name = cut(who.Name, 200)
	switch groups := claims[o.Config.GroupsClaim].(type) {
	case []any:
		for _, g := range groups {
			who.Claims = append(who.Claims, text(g))
		}
	case string:
		who.Claims = []string{groups}
	}
	return who
}

func text(v any) string {
	s, _ := v.(string) // anything else counts as absent
	return s
}
