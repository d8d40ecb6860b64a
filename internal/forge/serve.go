package forge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Service is one of the two programs that smart HTTP speaks to.
type Service string

// The services: the first for clone and fetch, the second for push.
const (
	UploadPack  Service = "git-upload-pack"
	ReceivePack Service = "git-receive-pack"
)

// Valid reports whether s is one of the two.
func (s Service) Valid() bool { return s == UploadPack || s == ReceivePack }

// Call is one request of a Git client.
type Call struct {
	Owner, Name string
	Service     Service
	Protocol    string // the header Git-Protocol
}

// longest is how long one clone or push may take.
const longest = 30 * time.Minute

// Advertise writes what a client may fetch or change: the answer to
// info/refs.
func (f *Embedded) Advertise(ctx context.Context, c Call, w io.Writer) error {
	var out bytes.Buffer
	if err := f.run(ctx, c, nil, &out, "--advertise-refs"); err != nil {
		return err
	}
	line := "# service=" + string(c.Service) + "\n"
	if _, err := fmt.Fprintf(w, "%04x%s0000", len(line)+4, line); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Exchange answers a clone, fetch or push. A push holds the repository, and
// what it changed is told on once it is through.
func (f *Embedded) Exchange(ctx context.Context, c Call, body io.Reader, w io.Writer) error {
	if c.Service != ReceivePack {
		return f.run(ctx, c, body, w)
	}
	defer f.lock(c.Owner, c.Name)()
	before, _ := f.Version(ctx, c.Owner, c.Name, "") // none before the first push
	err := f.run(ctx, c, body, w)
	after, _ := f.Version(ctx, c.Owner, c.Name, "")
	if after == before {
		return err
	}
	// The client has its answer; what follows must not depend on it staying.
	ctx = context.WithoutCancel(ctx)
	if touch := f.o.Store.Write(ctx, func(t tx.Tx) error { return f.o.Store.TouchRepository(ctx, t, c.Owner, c.Name) }); touch != nil {
		return touch
	}
	f.pushed(ctx, c.Owner, c.Name)
	return err
}

// run runs git on the repository with a clean environment: no configuration
// but this, no hooks, no prompts.
func (f *Embedded) run(ctx context.Context, c Call, in io.Reader, out io.Writer, extra ...string) error {
	dir, err := f.path(c.Owner, c.Name)
	if err != nil {
		return err
	}
	if f.git == "" {
		return ErrNoGit
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s/%s: %w", c.Owner, c.Name, ErrNotFound.Because(err))
	}
	ctx, stop := context.WithTimeout(ctx, longest)
	defer stop()
	args := []string{"-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "receive.autogc=false",
		"-c", "transfer.hideRefs=refs/waymark", "-c", "transfer.fsckObjects=true",
		"-c", fmt.Sprintf("receive.maxInputSize=%d", f.o.MaxPush), strings.TrimPrefix(string(c.Service), "git-"), "--stateless-rpc"}
	cmd := exec.CommandContext(ctx, f.git, append(append(args, extra...), dir)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
	if protocol(c.Protocol) {
		cmd.Env = append(cmd.Env, "GIT_PROTOCOL="+c.Protocol)
	}
	var problems bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &limited{&problems, 8 << 10}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		if in, ok := in.(*limitedReader); ok && in.over {
			return ErrTooLarge
		}
		return fmt.Errorf("%s %s/%s: %w: %s", c.Service, c.Owner, c.Name, err, strings.TrimSpace(problems.String()))
	}
	return nil
}

// protocol accepts what Git clients send as their version.
func protocol(s string) bool {
	return s != "" && len(s) < 100 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789=:-") == ""
}

// Limit bounds a push's body, so that a client cannot fill the disk before
// git looks at it. Reading beyond the limit is an error.
func (f *Embedded) Limit(body io.Reader) io.Reader {
	return &limitedReader{r: body, left: f.o.MaxPush + 1<<20}
}

type limitedReader struct {
	r    io.Reader
	left int64
	over bool
}

var errOver = errors.New("body too large")

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		l.over = true
		return 0, errOver
	}
	return n, err
}

// limited keeps the first bytes of what is written.
type limited struct {
	b    *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.b.Write(p[:n])
	l.left -= n
	return len(p), nil
}
