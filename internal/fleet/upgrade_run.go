package fleet

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// KindName is what upgrade runs are called.
const KindName = "upgrade"

// The keys under which a run keeps what its steps have made.
const (
	renderedKey = "upgrade-rendered"
	mergedKey   = "upgrade-merged"
)

// Kind is how runs of upgrades are worked on.
func (e *Engine) Kind() run.Kind {
	return run.Kind{Name: KindName, Ended: e.ended, Steps: []run.Step{
		{ID: "render", Title: "Render the new version", Do: e.render},
		{ID: "merge", Title: "Merge with what stands", Do: e.mergeStep},
		{ID: "propose", Title: "Propose as a branch", Do: e.propose},
	}}
}

// order is the input of a run.
type order struct {
	Upgrade string `json:"upgrade"`
	Name    string `json:"name"`
	By      string `json:"by"`
}

// keptRendering is what the first step leaves.
type keptRendering struct {
	Files []byte   `json:"files"`
	Log   []string `json:"log"`
}

// keptMerge is what the second step leaves.
type keptMerge struct {
	Changes   []forge.Change   `json:"changes"`
	Conflicts []forge.Conflict `json:"conflicts"`
	Parent    string           `json:"parent"`
}

// begin finds the upgrade of a run, its service and its template.
func (e *Engine) begin(ctx context.Context, w *run.Work) (Upgrade, Service, *scaffold.Template, error) {
	var o order
	if err := w.Input(&o); err != nil {
		return Upgrade{}, Service{}, nil, fmt.Errorf("read the order: %w", err)
	}
	if w.Run().Attempt > 1 {
		if err := w.Write(ctx, func(t tx.Tx) error { return e.o.Store.ReclaimUpgrade(ctx, t, string(w.Run().ID)) }); err != nil {
			return Upgrade{}, Service{}, nil, err
		}
	}
	u, err := e.o.Store.Upgrade(ctx, system, o.Upgrade)
	if err != nil {
		return u, Service{}, nil, err
	}
	s, err := e.o.Store.Service(ctx, system, u.Base)
	if err != nil {
		return u, s, nil, err
	}
	ref, err := catalog.ParseRef(u.Template, "template", "")
	if err != nil {
		return u, s, nil, err
	}
	t, err := e.kept(ctx, ref, u.To)
	if err == nil || !fault.Is(err, fault.Unavailable) {
		return u, s, t, err
	}
	// Its folders are too large to be kept; as long as they are the same, they
	// are read where they stand.
	now, nowErr := e.o.Templates.Offered(ctx, system, ref)
	if nowErr != nil || now.Version != u.To || now.Digest != u.ToDigest {
		return u, s, nil, errors.Join(err, nowErr)
	}
	return u, s, now, nil
}

func (e *Engine) render(ctx context.Context, w *run.Work) error {
	u, s, t, err := e.begin(ctx, w)
	if err != nil {
		return err
	}
	values, err := scaffold.AnswersOf(u.Answers)
	if err != nil {
		return err
	}
	r, err := e.o.Renderer.Render(ctx, t, scaffold.Again{Host: s.Host, Repository: s.Repository, Values: values, Team: s.Team, By: s.By})
	if err != nil {
		return err
	}
	for _, l := range r.Log {
		w.Line("warn", l)
	}
	w.Logf("%s %s rendered: %d files", t.Title, t.Version, len(r.Files))
	block, err := forge.Pack(r.Files)
	if err != nil {
		return err
	}
	return w.Save(ctx, renderedKey, keptRendering{block, r.Log})
}

// rendered is what the first step has left.
func rendered(ctx context.Context, w *run.Work) (keptRendering, []forge.File, error) {
	var k keptRendering
	if ok, err := w.Load(ctx, renderedKey, &k); err != nil || !ok {
		return k, nil, errors.Join(errors.New("the rendered files are gone"), err)
	}
	files, err := forge.Unpack(k.Files)
	return k, files, err
}

func (e *Engine) mergeStep(ctx context.Context, w *run.Work) error {
	_, s, t, err := e.begin(ctx, w)
	if err != nil {
		return err
	}
	_, files, err := rendered(ctx, w)
	if err != nil {
		return err
	}
	m, parent, err := e.mergeInto(ctx, s, t, files)
	if err != nil {
		return err
	}
	w.Logf("%d files change, %d need a person", len(m.Changes), len(m.Conflicts))
	for _, c := range m.Conflicts {
		w.Line("warn", c.Path+": "+c.Why)
	}
	return w.Save(ctx, mergedKey, keptMerge{m.Changes, m.Conflicts, parent})
}

func (e *Engine) propose(ctx context.Context, w *run.Work) error {
	u, s, t, err := e.begin(ctx, w)
	if err != nil {
		return err
	}
	if u.State != Running {
		w.Logf("The branch %s is there already.", u.Branch)
		return nil
	}
	r, files, err := rendered(ctx, w)
	if err != nil {
		return err
	}
	var m keptMerge
	if ok, err := w.Load(ctx, mergedKey, &m); err != nil || !ok {
		return errors.Join(errors.New("the merged files are gone"), err)
	}
	u.Report = worked{rendering: scaffold.Rendering{Log: r.Log}, merge: forge.Merged{Changes: m.Changes, Conflicts: m.Conflicts}, parent: m.Parent}.report()
	if len(m.Changes) == 0 {
		w.Logf("The new version changes no file here: %s is at %s now.", s.Name, u.To)
		return w.Write(ctx, func(db tx.Tx) error {
			if err := e.o.Store.OpenUpgrade(ctx, db, u, files); err != nil {
				return err
			}
			return e.o.Store.SettleUpgrade(ctx, db, u, Nothing)
		})
	}
	if err := e.branch(ctx, w, s, t, &u, m); err != nil {
		return err
	}
	w.Logf("Branch %s, commit %.10s", u.Branch, u.Commit)
	if u.URL != "" {
		w.Logf("Pull request: %s", u.URL)
	}
	return w.Write(ctx, func(db tx.Tx) error { return e.o.Store.OpenUpgrade(ctx, db, u, files) })
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// branchName is where an upgrade goes.
func branchName(u Upgrade) string {
	return "waymark/upgrade-" + strings.Trim(unfit.ReplaceAllString(refName(u.Template)+"-"+u.To, "-"), "-.")
}

// branch writes the branch, and on other hosts the pull request.
func (e *Engine) branch(ctx context.Context, w *run.Work, s Service, t *scaffold.Template, u *Upgrade, m keptMerge) error {
	var o order
	if err := w.Input(&o); err != nil {
		return err
	}
	u.Branch = branchName(*u)
	by := forge.Author{Name: o.Name, Email: author(o.By)}
	if by.Name == "" {
		by.Name = o.By
	}
	title := fmt.Sprintf("Upgrade to %s %s", refName(u.Template), u.To)
	message := title + "\n\n" + e.commitText(*u) + "\n" + forge.Trailer(string(w.Run().ID)) + "\n"
	if s.Host != forge.Host {
		return e.request(ctx, w, s, t, u, m, forge.Publication{Message: message, Author: by, When: w.Run().CreatedAt, Mark: string(w.Run().ID)})
	}
	owner, name, _ := strings.Cut(s.Repository, "/")
	b := forge.Branched{Owner: owner, Name: name, Branch: u.Branch, Parent: m.Parent, Changes: m.Changes, Message: message, Author: by, When: w.Run().CreatedAt, Mark: string(w.Run().ID)}
	hash, err := e.o.Embedded.CommitBranch(ctx, b)
	if errors.Is(err, forge.ErrTaken) { // an upgrade to this version was closed before
		b.Branch += "-" + u.ID[max(0, len(u.ID)-6):]
		u.Branch = b.Branch
		hash, err = e.o.Embedded.CommitBranch(ctx, b)
	}
	u.Commit = hash
	return err
}

// request opens a pull request on another host. What was pushed there since
// the merge is merged first.
func (e *Engine) request(ctx context.Context, w *run.Work, s Service, t *scaffold.Template, u *Upgrade, m keptMerge, p forge.Publication) error {
	if e.o.Remote == nil {
		return fault.Newf(fault.Unavailable, "%s is on a host that is not connected. Name it under catalog.hosts.", s.Address())
	}
	_, now, err := e.o.Remote.Tree(ctx, s.Host, s.Repository)
	if err != nil {
		return err
	}
	if now != m.Parent {
		w.Logf("%s has moved on since; merging again", s.Branch)
		if err := e.mergeStep(ctx, w); err != nil {
			return err
		}
		if _, err := w.Load(ctx, mergedKey, &m); err != nil {
			return err
		}
		u.Report = worked{merge: forge.Merged{Changes: m.Changes, Conflicts: m.Conflicts}, parent: m.Parent, rendering: scaffold.Rendering{Log: u.Report.Log}}.report()
	}
	q := forge.Proposal{Place: forge.Place{Host: s.Host, Owner: path.Dir(s.Repository), Name: path.Base(s.Repository)}, Branch: u.Branch, Target: s.Branch,
		Title: fmt.Sprintf("Upgrade to %s %s", refName(u.Template), u.To), Body: e.requestText(ctx, s, t, *u), Publication: p}
	for _, c := range m.Changes {
		if c.Delete {
			q.Delete = append(q.Delete, c.Path)
			continue
		}
		q.Files = append(q.Files, c.File)
	}
	out, err := e.o.Remote.Propose(ctx, q, forge.Credential{})
	if fault.Is(err, fault.Conflict) {
		q.Branch += "-" + u.ID[max(0, len(u.ID)-6):]
		u.Branch = q.Branch
		out, err = e.o.Remote.Propose(ctx, q, forge.Credential{})
	}
	for _, n := range out.Notes {
		w.Line("warn", n)
	}
	u.Commit, u.URL, u.Number = out.Commit, out.URL, out.Number
	return err
}

func author(by string) string {
	return strings.NewReplacer(":", "-", "/", "-").Replace(by) + "@localhost"
}

// ended frees the service for another upgrade when a run came to nothing.
func (e *Engine) ended(ctx context.Context, t tx.Tx, r run.Run, s run.State) error {
	if s == run.Succeeded {
		return nil
	}
	return e.o.Store.FailUpgrade(ctx, t, string(r.ID))
}
