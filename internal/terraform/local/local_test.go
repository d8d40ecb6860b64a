package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const env = "env_01jd0000000000000000000000"

func object(k Kind) Object {
	return Object{ID: ID(env, "main"), Kind: k, Name: "main", Environment: env, Tags: map[string]string{"environment": "dev"}}
}

func TestPutTakesBackItsOwn(t *testing.T) {
	for _, k := range Kinds {
		t.Run(string(k), func(t *testing.T) {
			s := Store{Dir: t.TempDir()}
			first, err := s.Put(object(k))
			if err != nil {
				t.Fatal(err)
			}
			again, err := s.Put(object(k))
			if err != nil || !again.CreatedAt.Equal(first.CreatedAt) {
				t.Errorf("second put: %v, made at %v, want %v", err, again.CreatedAt, first.CreatedAt)
			}
			foreign := object(k)
			foreign.Environment = "env_01jd0000000000000000000001"
			if _, err := s.Put(foreign); !errors.Is(err, ErrForeign) {
				t.Errorf("another environment's put: %v, want ErrForeign", err)
			}
			got, err := s.Get(k, first.ID)
			if err != nil || got.Environment != env || got.Tags["environment"] != "dev" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestDeleteFinishesWhatWasCutShort(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	o, err := s.Put(object(Database))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.Path(Database, o.ID), DatabaseFile)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete(Database, o.ID); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := s.List(env); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if _, err := s.Get(Database, o.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestListFindsAFolderWithoutManifest(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	if err := os.MkdirAll(s.Path(Bucket, ID(env, "files")), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(object(Database)); err != nil {
		t.Fatal(err)
	}
	left, err := s.List(env)
	if err != nil || len(left) != 2 {
		t.Fatalf("got %v, %v; want both", left, err)
	}
	if other, _ := s.List("env_01jd0000000000000000000001"); len(other) != 0 {
		t.Errorf("another environment sees %v", other)
	}
}

func TestIDsStayInTheFolder(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	for _, id := range []string{"../x", "a/b", "", ".", "A", "a b"} {
		if _, err := s.Put(Object{ID: id, Kind: Bucket, Environment: env}); err == nil {
			t.Errorf("id %q was accepted", id)
		}
		if err := s.Delete(Bucket, id); err != nil {
			t.Errorf("delete %q: %v", id, err)
		}
	}
}
