package scaffold

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Version is one version of a template as it is kept.
type Version struct {
	Template   string
	Version    string
	Seq        int // grows with each version of the template
	Snapshot       // Files only where they are asked for
	Changelog  string
	Deprecated Deprecation
	Used       bool // something was made with it: it never changes again
	SeenAt     time.Time
}

// Versions keeps the versions of templates. The store does.
type Versions interface {
	// TemplateVersions lists the versions of a template, newest first, without
	// their files. Templates are readable by everybody who sees them.
	TemplateVersions(ctx context.Context, v access.Viewer, template string) ([]Version, error)
	// TemplateVersion returns one with its files, ErrNoVersion if there is none.
	TemplateVersion(ctx context.Context, v access.Viewer, template, version string) (Version, error)
	// UseVersion keeps v in t as one with which something is made.
	// ErrVersionChanged when it is in use with other content.
	UseVersion(ctx context.Context, t tx.Tx, v Version) error
}

// The refusals of versions.
var (
	ErrNoVersion      = fault.New(fault.NotFound, "This version of the template was not kept.")
	ErrVersionChanged = fault.New(fault.Conflict, "The template was changed a moment ago under the same version. Nothing was made; open the form again.")
	ErrWithdrawn      = fault.New(fault.Conflict, "This template was withdrawn. Nothing was made.")
)

// KeepVersions makes the library hand out versions as they were first used;
// only before the first use.
func (l *Library) KeepVersions(v Versions) { l.versions = v }

// Offered is the template with which something can be made now: as its file
// is, unless that was changed under a version that is in use. Then it is the
// version as it was, and Problem says so.
func (l *Library) Offered(ctx context.Context, v access.Viewer, ref catalog.Ref) (*Template, error) {
	t, err := l.Template(ctx, v, ref)
	if err != nil || l.versions == nil {
		return t, err
	}
	s, err := t.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("files of %s: %w", t.Ref, err)
	}
	known, err := l.versions.TemplateVersions(ctx, access.System("create"), t.Ref.String())
	if err != nil {
		return nil, err
	}
	now := *t
	now.Version, now.Digest = VersionOf(&now, s.Digest, known), s.Digest
	for _, k := range known {
		if k.Version != now.Version || k.Digest == s.Digest || !k.Used {
			continue
		}
		return l.frozen(ctx, &now, k)
	}
	return &now, nil
}

// At is the template as it was in one version, if that is kept, else as it is
// now.
func (l *Library) At(ctx context.Context, ref catalog.Ref, version, digest string) (*Template, error) {
	if l.versions != nil && digest != "" {
		k, err := l.versions.TemplateVersion(ctx, access.System("create"), ref.Canonical().String(), version)
		if err == nil && k.Digest == digest && k.Partly == "" {
			t, err := Thaw(ref.Canonical(), k.Snapshot)
			if err == nil {
				t.Version, t.Digest = version, digest
			}
			return t, err
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return l.Template(ctx, access.System("create"), ref)
}

// use records in t that something is made with a version.
func (l *Library) use(ctx context.Context, t tx.Tx, v Version) error {
	if l.versions == nil {
		return nil
	}
	return l.versions.UseVersion(ctx, t, v)
}

// frozen is the version as it is kept, in the place of a file that changed.
func (l *Library) frozen(ctx context.Context, t *Template, k Version) (*Template, error) {
	full, err := l.versions.TemplateVersion(ctx, access.System("create"), k.Template, k.Version)
	if err != nil {
		return nil, err
	}
	kept, err := Thaw(t.Ref, full.Snapshot)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "%s %s", ChangedInUse(t.Version), publicText(err)).Because(err)
	}
	kept.Version, kept.Digest, kept.Source, kept.now = k.Version, k.Digest, t.Source, t
	kept.Title, kept.Description, kept.Owner, kept.Tags, kept.Gets = t.Title, t.Description, t.Owner, t.Tags, t.Gets
	kept.Problem = ChangedInUse(t.Version) + " It goes on as it was; give the file a new version to publish the change."
	return kept, nil
}

// ChangedInUse names the problem of a file that was changed without a new
// version.
func ChangedInUse(version string) string {
	return fmt.Sprintf("The files of this template were changed, but they still say version %s, which is in use.", version)
}

// VersionOf is the version of content: as the file says, or, where it says
// none, the number under which that content is known, else the next one.
func VersionOf(t *Template, digest string, known []Version) string {
	if t.Versioned() || len(known) == 0 {
		return t.Version
	}
	for _, k := range known {
		if k.Digest == digest {
			return k.Version
		}
	}
	if last := known[0]; !last.Used {
		return last.Version
	}
	highest := 0
	for _, k := range known {
		if n, err := strconv.Atoi(k.Version); err == nil {
			highest = max(highest, n)
		}
	}
	return strconv.Itoa(highest + 1)
}

// AsVersion is the template as it is kept.
func (t *Template) AsVersion(ctx context.Context) (Version, error) {
	s, err := t.Snapshot(ctx)
	if err != nil {
		return Version{}, fmt.Errorf("files of %s: %w", t.Ref, err)
	}
	return Version{Template: t.Ref.String(), Version: t.Version, Snapshot: s, Changelog: t.Changelog(t.Version)}, nil
}
