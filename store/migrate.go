package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/waymark-portal/waymark/store/migrations"
)

// riverVersion is the place of River's own tables on our number line.
const riverVersion = 2

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
		goose.WithGoMigrations(goose.NewGoMigration(riverVersion, &goose.GoFunc{RunTx: s.migrateRiver}, nil)),
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
	out := fstest.MapFS{}
	for _, dir := range []string{"common", own} {
		names, err := fs.Glob(migrations.FS, dir+"/*.sql")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			b, err := migrations.FS.ReadFile(name)
			if err != nil {
				return nil, err
			}
			out[path.Base(name)] = &fstest.MapFile{Data: b}
		}
	}
	return out, nil
}

// migrateRiver makes River's tables in our transaction.
func (s *Store) migrateRiver(ctx context.Context, t *sql.Tx) error {
	if s.dialect == postgres {
		m, err := rivermigrate.New(riverdatabasesql.New(nil), nil)
		if err != nil {
			return err
		}
		_, err = m.MigrateTx(ctx, t, rivermigrate.DirectionUp, nil)
		return err
	}
	m, err := rivermigrate.New(riversqlite.New(nil), nil)
	if err != nil {
		return err
	}
	_, err = m.MigrateTx(ctx, t, rivermigrate.DirectionUp, nil)
	return err
}
