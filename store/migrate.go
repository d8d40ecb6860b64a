package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/waymark-portal/waymark/store/migrations"
)

// The places of River's own tables on our number line. They need two
// transactions: PostgreSQL refuses to use an enum value in the transaction
// that added it, and River adds one at 4 and uses it at 6.
const (
	riverFirst  = 2
	riverSecond = 3
	riverSplit  = 5 // River's own version after which the second begins
	riverLatest = 6 // River's own version that this binary needs
)

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to this binary, one transaction a file, under
// an advisory lock on PostgreSQL. It returns how many files were applied.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	p, err := s.migrator()
	if err != nil {
		return 0, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	if err := s.fillTerms(ctx); err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}

// Migrations lists the schema's steps and whether they are applied.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.migrator()
	if err != nil {
		return nil, err
	}
	states, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	out := make([]Migration, len(states))
	for i, st := range states {
		out[i] = Migration{Version: st.Source.Version, Name: path.Base(st.Source.Path), Applied: st.State == goose.StateApplied}
	}
	return out, nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	files, err := s.migrationFiles()
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(
			goose.NewGoMigration(riverFirst, &goose.GoFunc{RunTx: s.migrateRiver(riverSplit)}, nil),
			goose.NewGoMigration(riverSecond, &goose.GoFunc{RunTx: s.migrateRiver(riverLatest)}, nil)),
	}
	d := goose.DialectSQLite3
	if s.dialect == postgres {
		d = goose.DialectPostgres
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(l))
	}
	return goose.NewProvider(d, s.write, files, opts...)
}

// migrationFiles lays the common files and this database's own into one folder.
func (s *Store) migrationFiles() (fs.FS, error) {
	own := "sqlite"
	if s.dialect == postgres {
		own = "postgres"
	}
	common, err := fs.Sub(migrations.FS, "common")
	if err != nil {
		return nil, err
	}
	special, err := fs.Sub(migrations.FS, own)
	return layers{common, special}, err
}

// layers is folders laid over each other; no name stands in two of them.
type layers []fs.FS

// Open implements fs.FS.
func (l layers) Open(name string) (fs.File, error) {
	for _, f := range l[1:] {
		if file, err := f.Open(name); err == nil {
			return file, nil
		}
	}
	return l[0].Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (l layers) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for _, f := range l {
		entries, err := fs.ReadDir(f, name)
		if err != nil {
			return nil, err
		}
		out = append(out, entries...)
	}
	return out, nil
}

// migrateRiver makes River's tables, up to its own version target, in our
// transaction.
func (s *Store) migrateRiver(target int) func(context.Context, *sql.Tx) error {
	opts := &rivermigrate.MigrateOpts{TargetVersion: target}
	return func(ctx context.Context, t *sql.Tx) error {
		if s.dialect == postgres {
			return riverUp(ctx, t, riverdatabasesql.New(nil), opts)
		}
		return riverUp(ctx, t, riversqlite.New(nil), opts)
	}
}

func riverUp(ctx context.Context, t *sql.Tx, d riverdriver.Driver[*sql.Tx], opts *rivermigrate.MigrateOpts) error {
	m, err := rivermigrate.New(d, nil)
	if err != nil {
		return err
	}
	//lint:ignore SA1019 the split above keeps apart what cannot be batched in one transaction
	_, err = m.MigrateTx(ctx, t, rivermigrate.DirectionUp, opts)
	return err
}
