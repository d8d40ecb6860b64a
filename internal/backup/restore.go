package backup

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxManifest bounds the manifest's size in bytes.
const maxManifest = 64 << 10

// Read unpacks an archive into dir, which must be empty or not there; check
// sees the manifest before anything is written and may refuse. What was
// unpacked is removed again when something goes wrong.
func Read(r io.Reader, dir string, check func(Manifest) error) (m Manifest, err error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return m, fmt.Errorf("restore: this is no backup: %w", err)
	}
	t := tar.NewReader(z)
	if m, err = readManifest(t); err != nil {
		return m, err
	}
	if err := check(m); err != nil {
		return m, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, err
	}
	defer root.Close()
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, fmt.Errorf("restore: the archive is damaged: %w", err)
		}
		if err := unpack(root, h, t); err != nil {
			return m, err
		}
	}
}

func readManifest(t *tar.Reader) (m Manifest, err error) {
	h, err := t.Next()
	if err != nil || h.Name != manifestName || h.Size > maxManifest {
		return m, errors.New("restore: this is no backup: it does not begin with a manifest")
	}
	if err := json.NewDecoder(t).Decode(&m); err != nil {
		return m, fmt.Errorf("restore: manifest: %w", err)
	}
	if m.Format != 1 {
		return m, fmt.Errorf("restore: the backup has format %d; this version reads format 1", m.Format)
	}
	return m, nil
}

// unpack writes one file; root keeps it inside the folder whatever its name.
func unpack(root *os.Root, h *tar.Header, r io.Reader) error {
	if h.Typeflag != tar.TypeReg {
		return fmt.Errorf("restore: %s is not a plain file", h.Name)
	}
	name := strings.TrimPrefix(h.Name, storesName)
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(h.Mode).Perm()|0o600)
	if err != nil {
		return fmt.Errorf("restore %s: %w", h.Name, err)
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
