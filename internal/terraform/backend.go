package terraform

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// BackendUser is the user name that goes with a run's token.
const BackendUser = "waymark"

// maxState bounds an uploaded state.
const maxState = 64 << 20

// The answers of a state store that the backend turns into statuses.
var (
	ErrNoState  = errors.New("terraform: there is no state")
	ErrLocked   = errors.New("terraform: the state is locked")
	ErrNotOwner = errors.New("terraform: the lock is not held by the caller")
	ErrStale    = errors.New("terraform: the state is older than the one that is kept, or of another lineage")
)

// State is one version of a state.
type State struct {
	Serial  int64
	Lineage string
	Body    []byte
}

// Lock is who holds a state. Its fields are those of the http backend.
type Lock struct {
	ID        string `json:"ID"`
	Operation string `json:"Operation"`
	Info      string `json:"Info"`
	Who       string `json:"Who"`
	Version   string `json:"Version"`
	Created   string `json:"Created"`
	Path      string `json:"Path"`
}

// States keeps the state of one environment on behalf of one run.
type States interface {
	// State returns the newest version or ErrNoState.
	State(ctx context.Context) (State, error)
	// PutState adds a version. It returns ErrNotOwner unless lock is held, and
	// ErrStale unless the lineage is the same and the serial is greater.
	PutState(ctx context.Context, lock string, s State) error
	// Lock takes the lock. When another holds it, that one is returned with
	// ErrLocked.
	Lock(ctx context.Context, l Lock) (Lock, error)
	// Unlock gives the lock back; ErrNotOwner when it is not held by id.
	Unlock(ctx context.Context, id string) error
}

// Backend is the handler for Terraform's http backend: the state of one
// environment, for the holder of one token.
type Backend struct {
	States States
	Token  string
}

// ServeHTTP implements http.Handler.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, pass, _ := r.BasicAuth()
	if user != BackendUser || !SameToken(pass, b.Token) {
		http.Error(w, "the token is not the run's", http.StatusUnauthorized)
		return
	}
	switch r.Method {
	case http.MethodGet:
		b.get(w, r)
	case http.MethodPost:
		b.post(w, r)
	case "LOCK":
		b.lock(w, r)
	case "UNLOCK":
		b.unlock(w, r)
	default:
		// DELETE too: state is history and is not deleted by an engine.
		w.Header().Set("Allow", "GET, POST, LOCK, UNLOCK")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

// SameToken compares in constant time; the empty token is nobody's.
func SameToken(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

func (b *Backend) get(w http.ResponseWriter, r *http.Request) {
	s, err := b.States.State(r.Context())
	if errors.Is(err, ErrNoState) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err != nil {
		answer(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(s.Body) // the engine went away: it asks again
}

func (b *Backend) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxState))
	if err != nil {
		http.Error(w, "the state is too large", http.StatusRequestEntityTooLarge)
		return
	}
	s, err := ParseState(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	err = b.States.PutState(r.Context(), r.URL.Query().Get("ID"), s)
	if err != nil && !b.kept(r.Context(), err, s) {
		answer(w, err)
	}
}

// kept reports whether a state was refused only because it is kept already:
// an engine repeats an upload whose answer it did not hear.
func (b *Backend) kept(ctx context.Context, err error, s State) bool {
	if !errors.Is(err, ErrStale) {
		return false
	}
	now, err := b.States.State(ctx)
	return err == nil && now.Serial == s.Serial && bytes.Equal(now.Body, s.Body)
}

// ParseState reads serial and lineage of a state file.
func ParseState(body []byte) (State, error) {
	var head struct {
		Version int64  `json:"version"`
		Serial  int64  `json:"serial"`
		Lineage string `json:"lineage"`
	}
	if err := json.Unmarshal(body, &head); err != nil || head.Version == 0 || head.Lineage == "" {
		return State{}, errors.New("the body is not a Terraform state")
	}
	return State{Serial: head.Serial, Lineage: head.Lineage, Body: body}, nil
}

func (b *Backend) lock(w http.ResponseWriter, r *http.Request) {
	l, err := readLock(w, r)
	if err != nil || l.ID == "" {
		http.Error(w, "the body is not a lock", http.StatusBadRequest)
		return
	}
	holder, err := b.States.Lock(r.Context(), l)
	if errors.Is(err, ErrLocked) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusLocked)
		json.NewEncoder(w).Encode(holder) // the engine went away: it asks again
		return
	}
	if err != nil {
		answer(w, err)
	}
}

func (b *Backend) unlock(w http.ResponseWriter, r *http.Request) {
	l, err := readLock(w, r)
	if err != nil {
		http.Error(w, "the body is not a lock", http.StatusBadRequest)
		return
	}
	if err := b.States.Unlock(r.Context(), l.ID); err != nil {
		answer(w, err)
	}
}

func readLock(w http.ResponseWriter, r *http.Request) (Lock, error) {
	var l Lock
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&l)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return l, err
}

// answer tells the engine what went wrong; a status of 500 and above makes it
// try again.
func answer(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrNotOwner):
		http.Error(w, ErrNotOwner.Error(), http.StatusLocked)
	case errors.Is(err, ErrStale):
		http.Error(w, ErrStale.Error(), http.StatusConflict)
	default:
		http.Error(w, "the state cannot be kept at the moment", http.StatusServiceUnavailable)
	}
}

// escapeTemplate keeps a quoted text from being read as a template.
func escapeTemplate(s string) string {
	s = strings.ReplaceAll(s, "${", "$${")
	return strings.ReplaceAll(s, "%{", "%%{")
}
