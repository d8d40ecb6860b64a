// Package backup packs what must last into one archive and unpacks it again:
// the database, the embedded repositories and the local stores, with a
// manifest that names the key's fingerprint, never the key. The archive is a
// gzipped tar; its first entry is the manifest.
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
	"time"
)

// The names inside an archive.
const (
	manifestName = "manifest.json"
	DatabaseName = "waymark.db"   // a SQLite file
	DumpName     = "waymark.dump" // pg_dump's custom format
	storesName   = "stores/"
)

// Manifest says what an archive holds.
type Manifest struct {
	Format      int       `json:"format"` // 1
	Version     string    `json:"version"`
	MadeAt      time.Time `json:"madeAt"`
	Database    string    `json:"database"` // DatabaseName or DumpName
	Schema      int64     `json:"schema"`   // the last migration that it has
	Fingerprint string    `json:"keyFingerprint"`
}

// ErrKey means that the key at hand cannot open what the archive holds.
var ErrKey = errors.New("restore: the key of this data folder is not the one that the backup was made with; put the right secret.key in place first. Nothing was changed")

// Write packs the database file and the folders of dir, a data folder, that
// stores names. A folder that is not there is left out.
func Write(w io.Writer, m Manifest, database, dir string, stores []string) error {
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	m.Format = 1
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeBytes(t, manifestName, b, m.MadeAt); err != nil {
		return err
	}
	if err := writeFile(t, m.Database, database); err != nil {
		return err
	}
	for _, name := range stores {
		if err := writeTree(t, dir, name); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

func writeBytes(t *tar.Writer, name string, b []byte, at time.Time) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), ModTime: at}); err != nil {
		return err
	}
	_, err := t.Write(b)
	return err
}

func writeFile(t *tar.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	// A file that grows meanwhile is cut at the size it had.
	if _, err := io.CopyN(t, f, info.Size()); err != nil {
		return fmt.Errorf("pack %s: %w", path, err)
	}
	return nil
}

func writeTree(t *tar.Writer, dir, name string) error {
	root := filepath.Join(dir, name)
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // made and gone meanwhile, or never there
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return writeFile(t, storesName+filepath.ToSlash(rel), path)
	})
}
