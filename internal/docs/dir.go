package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// OpenDir opens the folder sub of the source that is rooted at dir. Nothing
// outside dir can be reached through it, not by dots and not by links. Returns
// ErrNoSite when there is no such folder.
func OpenDir(dir, sub string) (fs.FS, error) {
	sub = path.Clean(filepath.ToSlash(sub))
	if !fs.ValidPath(sub) {
		return nil, ErrNoSite.Because(fmt.Errorf("folder %q is outside %s", sub, dir))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, ErrNoSite.Because(err)
	}
	if sub == "." {
		return root.FS(), nil
	}
	inner, err := root.OpenRoot(sub)
	root.Close()
	if err != nil {
		return nil, ErrNoSite.Because(err)
	}
	return inner.FS(), nil
}

// ContentVersion names the state of files by what they hold, for files that
// have no times, such as embedded ones.
func ContentVersion(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(b))
		h.Write(b)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:12]), err
}
