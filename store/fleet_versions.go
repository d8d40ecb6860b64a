package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// versionColumns must match scanVersion.
const versionColumns = `template, version, seq, digest, file, partly, changelog, deprecated, used, seen_at`

func scanVersion(r scanner) (scaffold.Version, error) {
	var v scaffold.Version
	var deprecated, seen string
	var used int
	err := r.Scan(&v.Template, &v.Version, &v.Seq, &v.Digest, &v.File, &v.Partly, &v.Changelog, &deprecated, &used, &seen)
	if err != nil {
		return v, err
	}
	v.Used = used == 1
	if v.Deprecated, err = scanDeprecation(deprecated); err != nil {
		return v, err
	}
	v.SeenAt, err = tx.Parse(seen)
	return v, err
}

func scanDeprecation(text string) (d scaffold.Deprecation, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &d)
	}
	return d, err
}

func deprecationText(d scaffold.Deprecation) (string, error) {
	if d.IsZero() {
		return "", nil
	}
	b, err := json.Marshal(d)
	return string(b), err
}

// TemplateVersions implements scaffold.Versions. What a template was is open
// to who sees the template.
func (s *Store) TemplateVersions(ctx context.Context, v access.Viewer, template string) ([]scaffold.Version, error) {
	unhidden, args := unhidden("template_versions.template", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT `+versionColumns+`
		FROM template_versions
		WHERE template = ?`+unhidden+`
		ORDER BY seq DESC`, append([]any{template}, args...)...)
	return collect(rows, err, scanVersion)
}

// keptFile is one file of a version.
type keptFile struct {
	Path   string         `json:"p"`
	Mode   forge.FileMode `json:"m,omitempty"`
	Digest string         `json:"d"`
}

// TemplateVersion implements scaffold.Versions.
func (s *Store) TemplateVersion(ctx context.Context, v access.Viewer, template, version string) (scaffold.Version, error) {
	unhidden, args := unhidden("template_versions.template", s.hiddenFrom(v))
	var files string
	all := func(r scanner) (scaffold.Version, error) { return scanVersion(andMore{r, []any{&files}}) }
	out, err := all(s.row(ctx, `
		SELECT `+versionColumns+`, files
		FROM template_versions
		WHERE template = ? AND version = ?`+unhidden, append([]any{template, version}, args...)...))
	if errors.Is(err, sql.ErrNoRows) {
		return out, fmt.Errorf("version %s of %s: %w", version, template, scaffold.ErrNoVersion)
	}
	if err != nil {
		return out, err
	}
	out.Files, err = s.versionFiles(ctx, files)
	return out, err
}

// andMore scans columns beside those that a scan function knows.
type andMore struct {
	scanner
	more []any
}

func (a andMore) Scan(dest ...any) error { return a.scanner.Scan(append(dest, a.more...)...) }

func (s *Store) versionFiles(ctx context.Context, list string) ([]forge.File, error) {
	var kept []keptFile
	if err := json.Unmarshal([]byte(list), &kept); err != nil {
		return nil, err
	}
	digests := make([]string, len(kept))
	for i, k := range kept {
		digests[i] = k.Digest
	}
	rows, err := s.query(ctx, `SELECT digest, data FROM template_blobs WHERE `+s.inList("digest"), listArg(digests))
	type blob struct {
		digest string
		data   []byte
	}
	found, err := collect(rows, err, func(r scanner) (b blob, err error) { return b, r.Scan(&b.digest, &b.data) })
	if err != nil {
		return nil, err
	}
	content := map[string][]byte{}
	for _, b := range found {
		if content[b.digest], err = gunzip(b.data); err != nil {
			return nil, fmt.Errorf("kept file %s: %w", b.digest, err)
		}
	}
	out := make([]forge.File, len(kept))
	for i, k := range kept {
		data, ok := content[k.Digest]
		if !ok {
			return nil, fmt.Errorf("kept file %s: %w", k.Path, scaffold.ErrNoVersion)
		}
		out[i] = forge.File{Path: k.Path, Mode: k.Mode, Data: data}
	}
	return out, nil
}

// UseVersion implements scaffold.Versions.
func (s *Store) UseVersion(ctx context.Context, t tx.Tx, v scaffold.Version) error {
	if _, err := s.putVersion(ctx, t, v); err != nil {
		return err
	}
	err := s.execOne(ctx, t, `
		UPDATE template_versions SET used = 1
		WHERE template = ? AND version = ? AND digest = ?`, v.Template, v.Version, v.Digest)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("version %s of %s: %w", v.Version, v.Template, scaffold.ErrVersionChanged)
	}
	return err
}

// putVersion keeps a version unless it is kept; one that is not in use takes
// the new content. It returns the version's number in the order of versions.
func (s *Store) putVersion(ctx context.Context, t tx.Tx, v scaffold.Version) (int, error) {
	files, bytes, err := s.putBlobs(ctx, t, v.Files)
	if err != nil {
		return 0, err
	}
	deprecated, err := deprecationText(v.Deprecated)
	if err != nil {
		return 0, err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO template_versions (template, version, seq, digest, file, files, bytes, partly, changelog, deprecated, used, seen_at)
		VALUES (?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM template_versions WHERE template = ?), ?, ?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT (template, version) DO UPDATE
		SET digest = excluded.digest, file = excluded.file, files = excluded.files, bytes = excluded.bytes, partly = excluded.partly
		WHERE template_versions.used = 0 AND template_versions.digest <> excluded.digest`,
		v.Template, v.Version, v.Template, v.Digest, v.File, files, bytes, v.Partly, v.Changelog, deprecated, tx.Format(t.Now()))
	if err != nil {
		return 0, fmt.Errorf("version %s of %s: %w", v.Version, v.Template, err)
	}
	var seq int
	err = s.txRow(ctx, t, `SELECT seq FROM template_versions WHERE template = ? AND version = ?`, v.Template, v.Version).Scan(&seq)
	return seq, err
}

// putBlobs keeps each content once and returns the list of files as JSON.
func (s *Store) putBlobs(ctx context.Context, t tx.Tx, files []forge.File) (list string, bytes int, err error) {
	kept := []keptFile{}
	for _, f := range files {
		sum := sha256.Sum256(f.Data)
		k := keptFile{Path: f.Path, Mode: f.Mode, Digest: hex.EncodeToString(sum[:])}
		kept, bytes = append(kept, k), bytes+len(f.Data)
		data, err := gzipped(f.Data)
		if err != nil {
			return "", 0, err
		}
		_, err = s.exec(ctx, t, `INSERT INTO template_blobs (digest, size, data) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING`, k.Digest, len(f.Data), data)
		if err != nil {
			return "", 0, fmt.Errorf("keep %s: %w", f.Path, err)
		}
	}
	b, err := json.Marshal(kept)
	return string(b), bytes, err
}

// SeeVersion records that a template is at v now; problem is what is wrong with
// that, a sentence. Services made from the template are counted anew when its
// version has changed. It reports whether anything did.
func (s *Store) SeeVersion(ctx context.Context, t tx.Tx, v scaffold.Version, h fleet.Head) error {
	seq := 0
	var err error
	if h.Problem == "" {
		seq, err = s.putVersion(ctx, t, v)
	} else {
		err = s.txRow(ctx, t, `SELECT seq FROM template_versions WHERE template = ? AND version = ?`, v.Template, v.Version).Scan(&seq)
	}
	if err != nil {
		return err
	}
	if v.Changelog != "" {
		if _, err := s.exec(ctx, t, `UPDATE template_versions SET changelog = ? WHERE template = ? AND version = ?`, v.Changelog, v.Template, v.Version); err != nil {
			return err
		}
	}
	deprecated, err := deprecationText(h.Deprecated)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO template_heads (template, title, version, seq, digest, problem, deprecated, gone, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)
		ON CONFLICT (template) DO UPDATE
		SET title = excluded.title, version = excluded.version, seq = excluded.seq, digest = excluded.digest, problem = excluded.problem,
			deprecated = excluded.deprecated, gone = 0, changed_at = excluded.changed_at`,
		v.Template, h.Title, v.Version, seq, h.Digest, h.Problem, deprecated, tx.Format(t.Now()))
	if err != nil {
		return err
	}
	return s.countBehind(ctx, t, v.Template, "")
}

// DeprecateVersions records which versions of a template are deprecated.
func (s *Store) DeprecateVersions(ctx context.Context, t tx.Tx, template string, by map[string]scaffold.Deprecation) error {
	if _, err := s.exec(ctx, t, `UPDATE template_versions SET deprecated = '' WHERE template = ? AND deprecated <> ''`, template); err != nil {
		return err
	}
	for version, d := range by {
		text, err := deprecationText(d)
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, t, `UPDATE template_versions SET deprecated = ? WHERE template = ? AND version = ?`, text, template, version); err != nil {
			return err
		}
	}
	return nil
}

// LoseTemplate records that a template is no longer in the catalog.
func (s *Store) LoseTemplate(ctx context.Context, t tx.Tx, template string) error {
	_, err := s.exec(ctx, t, `UPDATE template_heads SET gone = 1, changed_at = ? WHERE template = ? AND gone = 0`, tx.Format(t.Now()), template)
	return err
}

// countBehind counts for the services of a template, or for one of them, how
// many versions there are between theirs and the template's.
func (s *Store) countBehind(ctx context.Context, t tx.Tx, template, base string) error {
	where, args := `template = ?`, []any{template}
	if base != "" {
		where, args = `id = ?`, []any{base}
	}
	const between = `FROM template_versions v JOIN template_heads h ON h.template = v.template
				WHERE v.template = service_bases.template AND v.seq > service_bases.seq AND v.seq <= h.seq`
	_, err := s.exec(ctx, t, `
		UPDATE service_bases
		SET behind = (SELECT COUNT(*) `+between+`),
			behind_since = COALESCE((SELECT MIN(v.seen_at) `+between+`), '')
		WHERE behind >= 0 AND `+where, args...)
	if err != nil {
		return fmt.Errorf("count what is behind %s: %w", template, err)
	}
	return nil
}

// TemplateHeads lists where the templates stand that v may see, by reference.
func (s *Store) TemplateHeads(ctx context.Context, v access.Viewer) (map[string]fleet.Head, error) {
	unhidden, args := unhidden("template_heads.template", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT template, title, version, seq, digest, problem, deprecated, gone, changed_at
		FROM template_heads
		WHERE 1 = 1`+unhidden, args...)
	list, err := collect(rows, err, scanHead)
	out := make(map[string]fleet.Head, len(list))
	for _, h := range list {
		out[h.Template] = h
	}
	return out, err
}

func scanHead(r scanner) (fleet.Head, error) {
	var h fleet.Head
	var deprecated, changed string
	var gone int
	err := r.Scan(&h.Template, &h.Title, &h.Version, &h.Seq, &h.Digest, &h.Problem, &deprecated, &gone, &changed)
	if err != nil {
		return h, err
	}
	h.Gone = gone == 1
	if h.Deprecated, err = scanDeprecation(deprecated); err != nil {
		return h, err
	}
	h.ChangedAt, err = tx.Parse(changed)
	return h, err
}

// ForgetVersions drops versions that nothing uses and nothing stands on, once
// newer ones are there and they are older than before, with the files that no
// version needs any more.
func (s *Store) ForgetVersions(ctx context.Context, before time.Time) error {
	return s.Write(ctx, func(t tx.Tx) error {
		_, err := s.exec(ctx, t, `
			DELETE FROM template_versions
			WHERE used = 0 AND seen_at < ?
				AND seq < (SELECT h.seq FROM template_heads h WHERE h.template = template_versions.template)`, tx.Format(before))
		if err != nil {
			return err
		}
		rows, err := s.txQuery(ctx, t, `SELECT files FROM template_versions`)
		lists, err := collect(rows, err, scanText)
		if err != nil {
			return err
		}
		needed := map[string]bool{}
		for _, l := range lists {
			var kept []keptFile
			if err := json.Unmarshal([]byte(l), &kept); err != nil {
				return err
			}
			for _, k := range kept {
				needed[k.Digest] = true
			}
		}
		return s.dropBlobs(ctx, t, needed)
	})
}

func (s *Store) dropBlobs(ctx context.Context, t tx.Tx, needed map[string]bool) error {
	rows, err := s.txQuery(ctx, t, `SELECT digest FROM template_blobs`)
	all, err := collect(rows, err, scanText)
	if err != nil {
		return err
	}
	for _, d := range all {
		if needed[d] {
			continue
		}
		if _, err := s.exec(ctx, t, `DELETE FROM template_blobs WHERE digest = ?`, d); err != nil {
			return err
		}
	}
	return nil
}

func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// maxBlob bounds one kept file, in bytes.
const maxBlob = 64 << 20

func gunzip(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxBlob))
}
