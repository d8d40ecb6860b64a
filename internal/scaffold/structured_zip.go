package scaffold

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

func zipFiles(_ context.Context, c *call) error {
	const action = "roadiehq:utils:zip"
	dir, err := CleanPath(inputText(c.input, "path"))
	if err != nil {
		return fault.Newf(fault.Invalid, "%s: %s.", action, err)
	}
	files := c.work.Under(dir)
	if len(files) == 0 {
		return fault.Newf(fault.NotFound, "%s: there is no %q in the workspace.", action, inputText(c.input, "path"))
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range files {
		f, _ := c.work.Get(p)
		name := strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
		if name == "" {
			name = path.Base(p)
		}
		if err := addZip(z, name, f); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	to := inputText(c.input, "outputPath")
	c.output["outputPath"] = to
	c.logf("%d files packed into %s", len(files), to)
	return c.put(action, to, WorkFile{Data: b.Bytes()})
}

func addZip(z *zip.Writer, name string, f WorkFile) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(map[forge.FileMode]fs.FileMode{forge.Regular: 0o644, forge.Executable: 0o755, forge.Symlink: fs.ModeSymlink | 0o777}[f.Mode])
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write(f.Data)
	}
	return err
}
