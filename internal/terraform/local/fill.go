package local

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // database/sql driver "sqlite"
)

// DatabaseFile is the database's file inside its object's folder.
const DatabaseFile = "data.db"

// fill makes what the object consists of beside its manifest.
func fill(dir string, o Object) error {
	switch o.Kind {
	case Database:
		return fillDatabase(filepath.Join(dir, DatabaseFile), o)
	case Bucket:
		return os.MkdirAll(filepath.Join(dir, "objects"), 0o700)
	case Endpoint:
		page := fmt.Sprintf("%s of %s is up.\n", o.Name, o.Tags["environment"])
		return writeFile(filepath.Join(dir, "index.txt"), []byte(page))
	}
	return fmt.Errorf("kind %q is not known", o.Kind)
}

// fillDatabase makes a real SQLite file; what an earlier try made stays.
func fillDatabase(path string, o Object) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS waymark_about (name TEXT PRIMARY KEY, value TEXT NOT NULL)`); err != nil {
		return fmt.Errorf("database %s: %w", o.ID, err)
	}
	_, err = db.Exec(`INSERT INTO waymark_about (name, value) VALUES ('environment', ?) ON CONFLICT (name) DO NOTHING`, o.Environment)
	if err != nil {
		return fmt.Errorf("database %s: %w", o.ID, err)
	}
	return os.Chmod(path, 0o600)
}
