package fleet

import (
	"context"

	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// worked is an upgrade that was rendered and merged, and written nowhere.
type worked struct {
	rendering scaffold.Rendering
	merge     forge.Merged
	parent    string // commit that it starts from
}

// work renders the new version with the answers and merges it with what
// stands. What the version asks for and has no answer is fault Invalid.
func (e *Engine) work(ctx context.Context, s Service, t *scaffold.Template, values map[string]any) (worked, error) {
	all, err := merged(s, values)
	if err != nil {
		return worked{}, err
	}
	var w worked
	w.rendering, err = e.o.Renderer.Render(ctx, t, scaffold.Again{Host: s.Host, Repository: s.Repository, Values: all, Team: s.Team, By: s.By})
	if err != nil {
		return w, err
	}
	w.merge, w.parent, err = e.mergeInto(ctx, s, t, w.rendering.Files)
	return w, err
}

// mergeInto merges newly rendered files with what stands.
func (e *Engine) mergeInto(ctx context.Context, s Service, t *scaffold.Template, files []forge.File) (forge.Merged, string, error) {
	base, err := e.o.Store.BaseFiles(ctx, system, s.ID)
	if err != nil {
		return forge.Merged{}, "", err
	}
	present, commit, err := e.present(ctx, s, append(forge.EntriesOf(base), forge.EntriesOf(files)...))
	if err != nil {
		return forge.Merged{}, "", err
	}
	rules := t.UpgradeRules()
	out, err := e.o.Merger.Merge(ctx, forge.Merge{Base: base, Theirs: files, Ours: present, Keep: rules.Keep, Replace: rules.Replace,
		OursName: s.Branch, TheirsName: refName(s.Template) + "-" + t.Version})
	return out, commit, err
}

// plan is the work as a dry run shows it.
func (w worked) plan(s Service, t *scaffold.Template) Plan {
	p := Plan{Service: s.ID, Template: s.Template, From: s.Version, To: t.Version, Changes: []PlanChange{}, Conflicts: w.merge.Conflicts, Log: w.rendering.Log}
	if p.Conflicts == nil {
		p.Conflicts = []forge.Conflict{}
	}
	for _, c := range w.merge.Changes {
		d := c.Diff()
		p.Changes = append(p.Changes, PlanChange{touched(c), d.Add, d.Del})
		p.Diffs = append(p.Diffs, d)
	}
	return p
}

// report is the work as the upgrade keeps it.
func (w worked) report() Report {
	r := Report{Parent: w.parent, Conflicts: w.merge.Conflicts, Log: w.rendering.Log}
	for _, c := range w.merge.Changes {
		r.Changed = append(r.Changed, touched(c))
	}
	return r
}

func touched(c forge.Change) Touched {
	switch {
	case c.Delete:
		return Touched{Path: c.Path, How: "deleted"}
	case c.New:
		return Touched{Path: c.Path, How: "added", Hash: forge.BlobHash(c.Data)}
	}
	return Touched{Path: c.Path, How: "changed", Hash: forge.BlobHash(c.Data)}
}
