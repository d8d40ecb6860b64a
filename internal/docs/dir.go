package docs

import (
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
