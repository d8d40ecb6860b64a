package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// remember is how long an answer to "who is this" is kept. It bounds how long
// a removed User, an ended session or a changed group goes unnoticed by other
// copies of the server; this copy forgets at once.
const remember = 5 * time.Second

// Options are what the service stands on.
type Options struct {
	DB        tx.DB
	Store     Store
	Events    event.Log
	Directory Directory
	Roles     *Roles
	ClaimTo   map[string]string // value of the groups claim to a group reference
	Life      time.Duration     // of a session from sign-in
	Machines  []Machine
	Now       func() time.Time
}

// Service knows who is asking.
type Service struct {
	Options
	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	viewer Viewer
	until  time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{Options: o, known: map[string]remembered{}}
}

// The issuers that are the portal itself.
const (
	FirstIssuer  = "waymark:first"  // the one-time code of the first administrator
	SampleIssuer = "waymark:sample" // the people of the sample organisation
)

// Identity is who an issuer says has come.
type Identity struct {
	Issuer  string
	Subject string
	Name    string
	Email   string // verified, or empty
	User    string // reference, when the sign-in itself knows it (sample)
	Claims  []string
}

// SignIn makes a session for who and returns the cookie's value. The account
// is linked to the User with that e-mail address; without one it is a viewer
// without a team. Every sign-in is a new session, so no cookie from before it
// is ever worth more after it.
func (s *Service) SignIn(ctx context.Context, who Identity, agent, address string) (string, Session, error) {
	user := who.User
	if user == "" && who.Email != "" {
		ref, _, err := s.Directory.UserByEmail(ctx, who.Email)
		if err != nil {
			return "", Session{}, err
		}
		user = ref
	}
	secret := newSecret("wms_")
	var sess Session
	err := s.DB.Write(ctx, func(t tx.Tx) error {
		a, err := s.Store.PutAccount(ctx, t, Account{ID: id.New("acc"), Issuer: who.Issuer, Subject: who.Subject,
			User: user, Name: who.Name, Email: who.Email, Claims: who.Claims})
		if err != nil {
			return err
		}
		sess = Session{ID: id.New("ses"), Account: a.ID, Agent: cut(agent, 200), Address: address,
			CreatedAt: t.Now(), SeenAt: t.Now(), ExpiresAt: t.Now().Add(s.Life)}
		if err := s.Store.CreateSession(ctx, t, hashSecret(secret), sess); err != nil {
			return err
		}
		return s.Events.Append(ctx, t, event.Event{Type: "session.started", Actor: a.actorID(), Subject: a.actorID()})
	})
	return secret, sess, err
}

// BySession returns who has the cookie, ErrNoSession if nobody.
func (s *Service) BySession(ctx context.Context, cookie string) (Viewer, error) {
	hash := hashSecret(cookie)
	return s.recall(hash, func() (Viewer, error) {
		sess, a, err := s.Store.SessionByHash(ctx, hash)
		if err != nil {
			return Viewer{}, err
		}
		v, err := s.viewer(ctx, a)
		v.Session = sess.ID
		if err == nil && s.Now().Sub(sess.SeenAt) > time.Minute {
			err = s.DB.Write(ctx, func(t tx.Tx) error { return s.Store.TouchSession(ctx, t, sess.ID) })
		}
		return v, err
	})
}

// ByToken returns who has the bearer token, ErrNoSession if nobody.
func (s *Service) ByToken(ctx context.Context, token string) (Viewer, error) {
	hash := hashSecret(token)
	return s.recall(hash, func() (Viewer, error) {
		if v, ok := s.machine(hash); ok {
			return v, nil
		}
		k, a, err := s.Store.TokenByHash(ctx, hash)
		if err != nil {
			return Viewer{}, err
		}
		v, err := s.viewer(ctx, a)
		if err != nil {
			return Viewer{}, err
		}
		if s.Now().Sub(k.UsedAt) > time.Minute {
			err = s.DB.Write(ctx, func(t tx.Tx) error { return s.Store.TouchToken(ctx, t, k.ID) })
		}
		return s.narrow(v, k), err
	})
}

// narrow takes from v what the token leaves out.
func (s *Service) narrow(v Viewer, k Token) Viewer {
	v.Scopes = k.Scopes
	v.Limited = k.Scopes != nil || k.Role != ""
	if k.Role == "" {
		return v
	}
	var kept []action.Grant
	for _, g := range v.Grants {
		if g.Role == k.Role || g.Role == "viewer" {
			kept = append(kept, g)
		}
	}
	v.Grants = kept
	v.All = s.Roles.ReadsAll(kept)
	return v
}

// viewer resolves an account to what it may see and do now. An account whose
// User has been removed is nobody.
func (s *Service) viewer(ctx context.Context, a Account) (Viewer, error) {
	v := Viewer{Actor: action.Actor{ID: a.actorID(), Name: a.Name}, Email: a.Email, Zone: a.Zone}
	if a.User != "" {
		direct, all, found, err := s.Directory.GroupsOf(ctx, a.User)
		if err != nil {
			return Viewer{}, err
		}
		if !found {
			return Viewer{}, ErrNoSession
		}
		v.Groups, v.Reads = direct, all
	}
	if err := s.addClaimed(ctx, &v, a.Claims); err != nil {
		return Viewer{}, err
	}
	v.Above = v.Reads
	if len(v.Groups) > 0 {
		v.Team = v.Groups[0]
	}
	v.Grants = s.Roles.Grants(a.User, v.Groups, a.Claims)
	if a.Issuer == FirstIssuer {
		v.Grants = append(v.Grants, action.Grant{Role: "admin"})
	}
	v.All = s.Roles.ReadsAll(v.Grants)
	return v, nil
}

// addClaimed adds the groups that the issuer's claim maps to, if the catalog
// holds them.
func (s *Service) addClaimed(ctx context.Context, v *Viewer, claims []string) error {
	for _, c := range claims { // a person is in a few groups
		group, mapped := s.ClaimTo[c]
		if !mapped || slices.Contains(v.Groups, group) {
			continue
		}
		above, known, err := s.Directory.GroupAncestors(ctx, group)
		if err != nil {
			return err
		}
		if known {
			v.Groups = append(v.Groups, group)
			v.Reads = append(append(v.Reads, group), above...)
		}
	}
	return nil
}

func (a Account) actorID() string {
	if a.User != "" {
		return a.User
	}
	return "account:" + strings.TrimPrefix(a.ID, "acc_")
}

// recall answers from memory for a few seconds.
func (s *Service) recall(hash string, find func() (Viewer, error)) (Viewer, error) {
	now := s.Now()
	s.mu.Lock()
	r, ok := s.known[hash]
	s.mu.Unlock()
	if ok && now.Before(r.until) {
		return r.viewer, nil
	}
	v, err := find()
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = ErrNoSession
		}
		return Viewer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) > 4096 {
		clear(s.known)
	}
	s.known[hash] = remembered{v, now.Add(remember)}
	return v, nil
}

// Forget drops what is remembered, after a change of sessions, tokens or
// groups in this copy of the server.
func (s *Service) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

// SignOut ends the session of the cookie; an unknown one is no error.
func (s *Service) SignOut(ctx context.Context, cookie string) error {
	defer s.Forget()
	sess, a, err := s.Store.SessionByHash(ctx, hashSecret(cookie))
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(t tx.Tx) error {
		if err := s.Store.EndSession(ctx, t, a.ID, sess.ID); err != nil {
			return err
		}
		return s.Events.Append(ctx, t, event.Event{Type: "session.ended", Actor: a.actorID(), Subject: a.actorID()})
	})
}
