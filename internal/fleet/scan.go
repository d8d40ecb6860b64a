package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// pageSize is how many templates are asked for at once.
const pageSize = 500

// Scan looks at the templates of the catalog and records the versions that
// have appeared, those that were changed in use, and those that are gone.
func (e *Engine) Scan(ctx context.Context) error {
	e.scan.Lock()
	defer e.scan.Unlock()
	heads, err := e.o.Store.TemplateHeads(ctx, system)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	seen := map[string]bool{}
	for f := (catalog.Filter{Kinds: scaffold.Makers, Limit: pageSize}); ; {
		page, err := e.o.Store.Entities(ctx, system, f)
		if err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		for _, s := range page.Items {
			seen[s.Ref.String()] = true
			if err := e.see(ctx, s.Ref, heads[s.Ref.String()]); err != nil {
				return err
			}
		}
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	for template, h := range heads {
		if seen[template] || h.Gone {
			continue
		}
		if err := e.o.Store.Write(ctx, func(t tx.Tx) error { return e.o.Store.LoseTemplate(ctx, t, template) }); err != nil {
			return err
		}
	}
	return nil
}

// see compares a template with where it stood. A file that cannot be read says
// so on its own page and leaves everything as it was.
func (e *Engine) see(ctx context.Context, ref catalog.Ref, was Head) error {
	t, err := e.o.Templates.Template(ctx, system, ref)
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			slog.Warn("template is not read", "template", ref.String(), "error", err)
		}
		return ctx.Err()
	}
	key := ref.String()
	if e.seen[key] == t && was.Template != "" && !was.Gone {
		return nil // the library has it from the same commit
	}
	v, err := t.AsVersion(ctx)
	if err != nil {
		slog.Warn("files of template are not read", "template", ref.String(), "error", err)
		return ctx.Err()
	}
	known, err := e.o.Store.TemplateVersions(ctx, system, v.Template)
	if err != nil {
		return err
	}
	v.Version = scaffold.VersionOf(t, v.Digest, known)
	h := Head{Template: v.Template, Title: t.Title, Version: v.Version, Digest: v.Digest, Deprecated: t.Deprecated()}
	changelog, deprecated := "", map[string]scaffold.Deprecation{}
	for _, k := range known {
		if !k.Deprecated.IsZero() {
			deprecated[k.Version] = k.Deprecated
		}
		if k.Version != v.Version {
			continue
		}
		changelog = k.Changelog
		if k.Used && k.Digest != v.Digest {
			h.Problem = scaffold.ChangedInUse(v.Version)
		}
	}
	said := t.DeprecatedVersions()
	if same(was, h) && changelog == v.Changelog && maps.Equal(deprecated, kept(said, known)) {
		e.seen[key] = t
		return nil
	}
	return e.o.Store.Write(ctx, func(db tx.Tx) error {
		if err := e.o.Store.SeeVersion(ctx, db, v, h); err != nil {
			return fmt.Errorf("version of %s: %w", ref, err)
		}
		return e.o.Store.DeprecateVersions(ctx, db, v.Template, said)
	})
}

func same(was, is Head) bool {
	return !was.Gone && was.Title == is.Title && was.Version == is.Version && was.Digest == is.Digest && was.Problem == is.Problem && was.Deprecated == is.Deprecated
}

// kept are those deprecations that speak of a version that is known.
func kept(said map[string]scaffold.Deprecation, known []scaffold.Version) map[string]scaffold.Deprecation {
	out := map[string]scaffold.Deprecation{}
	for _, k := range known {
		if d, ok := said[k.Version]; ok {
			out[k.Version] = d
		}
	}
	return out
}

// unusedFor is how long a version is kept that nothing was made with.
const unusedFor = 90 * 24 * time.Hour

// Forget drops what is kept of versions that nothing needs any more.
func (e *Engine) Forget(ctx context.Context) error {
	return e.o.Store.ForgetVersions(ctx, time.Now().Add(-unusedFor))
}
