package scaffold

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// maxSources is how much of what templates fetch is kept with a run.
const maxSources = 20 << 20

// sources are the folders that a template's steps fetch, as they were when the
// order was made: what somebody changes in them meanwhile changes nothing of
// the run. Each is a zip, by the address in the step.
type sources struct {
	kept  map[string][]byte
	size  int64
	write bool // keep what is read
}

func newSources() *sources { return &sources{kept: map[string][]byte{}, write: true} }

// source opens the folder that a step's url names: as it was kept with the
// order, else as it is.
func (c *call) source(ctx context.Context, url string) (fs.FS, error) {
	if b, ok := c.sources.kept[url]; ok {
		return zip.NewReader(bytes.NewReader(b), int64(len(b)))
	}
	if c.confined && strings.Contains(url, "://") {
		return nil, fault.Newf(fault.Invalid, "%s is not read for a template that is only tried: send its files along, beside the template.", url)
	}
	if !c.sources.write && c.tmpl.files == nil {
		if err := c.findFiles(ctx); err != nil {
			return nil, err
		}
	}
	live, err := c.freshSource(ctx, url)
	if err != nil || !c.sources.write {
		return live, err
	}
	b, err := c.sources.pack(ctx, live)
	if errors.Is(err, errTooMuch) {
		return live, nil
	}
	if err != nil {
		return nil, err
	}
	c.sources.kept[url] = b
	return zip.NewReader(bytes.NewReader(b), int64(len(b)))
}

// findFiles opens the template's own folder again, for a step that the trial
// before the run has not come to.
func (c *call) findFiles(ctx context.Context) error {
	ref, err := catalog.ParseRef(c.order.Template, "template", "")
	if err != nil {
		return err
	}
	t, err := c.engine.o.Library.At(ctx, ref, c.order.Version, c.order.Digest)
	if err != nil {
		return fmt.Errorf("template %s: %w", ref, err)
	}
	if t.Version != c.order.Version {
		c.log("warn", fmt.Sprintf("This step reads the folder of version %s; the run was ordered with version %s.", t.Version, c.order.Version))
	}
	own := *c.tmpl
	own.files, own.file = t.files, t.file
	c.tmpl = &own
	return nil
}

var errTooMuch = errors.New("too much to be kept")

// pack reads a folder into a zip.
func (s *sources) pack(ctx context.Context, from fs.FS) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	size, n := s.size, 0
	err := eachFile(ctx, from, func(p string, f WorkFile) error {
		size += int64(len(f.Data))
		if n++; size > maxSources || n > maxFiles {
			return errTooMuch
		}
		h := &zip.FileHeader{Name: p, Method: zip.Deflate}
		h.SetMode(0o644)
		switch f.Mode {
		case forge.Executable:
			h.SetMode(0o755)
		case forge.Symlink:
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = w.Write(f.Data)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.size = size
	err = z.Close()
	return b.Bytes(), err
}
