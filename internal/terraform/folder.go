package terraform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

// Folder is a run's work folder. Only its owner may read it: the plan file in
// it holds secrets.
type Folder struct{ Path string }

// The names inside a work folder.
const (
	configDir  = "config"      // the blueprint's files; the engine runs here
	homeDir    = "home"        // HOME
	tempDir    = "tmp"         // TMPDIR
	mirrorDir  = "mirror"      // where the engine finds Waymark's provider
	cliConfig  = "engine.tfrc" // TF_CLI_CONFIG_FILE
	planFile   = "plan.tfplan"
	varsFile   = "terraform.tfvars.json"
	pidFile    = "engine.pid"
	wrapper    = "engine" // starts the engine and writes its pid first
	recoverTF  = "waymark_recover.tf"
	errored    = "errored.tfstate"
	providerNo = "1.0.0" // the mirror's version of our provider; it goes with the binary
)

// Prepared says what a work folder is filled with.
type Prepared struct {
	Files   map[string][]byte // the blueprint's files by slash path
	Vars    []byte            // terraform.tfvars.json
	Engine  string            // path of tofu or terraform
	Waymark string            // path of the binary that serves the provider
	Mirror  string            // an unpacked mirror for other providers; empty: their registry
}

// Prepare fills the folder. It may run again over what an earlier try left;
// state that the engine could not upload is kept.
func (f Folder) Prepare(p Prepared) error {
	for _, dir := range []string{configDir, homeDir, tempDir} {
		if err := os.MkdirAll(f.in(dir), 0o700); err != nil {
			return err
		}
	}
	for name, b := range p.Files {
		if err := f.writeConfig(name, b); err != nil {
			return err
		}
	}
	files := map[string]string{
		filepath.Join(configDir, varsFile): string(p.Vars),
		cliConfig:                          cliConfigText(f.in(mirrorDir), p.Mirror),
	}
	for name, text := range files {
		if err := os.WriteFile(f.in(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := os.WriteFile(f.in(wrapper), []byte(engineWrapper(f.in(pidFile), p.Engine)), 0o700); err != nil {
		return err
	}
	binary := f.in(providerPath())
	if err := os.MkdirAll(filepath.Dir(binary), 0o700); err != nil {
		return err
	}
	return os.WriteFile(binary, []byte(providerWrapper(p.Waymark)), 0o700)
}

func (f Folder) writeConfig(name string, b []byte) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("blueprint file %q leads out of its folder", name)
	}
	path := filepath.Join(f.in(configDir), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

func (f Folder) in(name string) string { return filepath.Join(f.Path, name) }

// Remove takes the folder away.
func (f Folder) Remove() error { return os.RemoveAll(f.Path) }

// ErroredState is the state that the engine could not upload, nil if there is
// none.
func (f Folder) ErroredState() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(f.in(configDir), errored))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// TakenErroredState removes that file after it was taken over.
func (f Folder) TakenErroredState() error {
	return os.Remove(filepath.Join(f.in(configDir), errored))
}

func providerPath() string {
	return filepath.Join(mirrorDir, filepath.FromSlash(provider.Address), providerNo,
		runtime.GOOS+"_"+runtime.GOARCH, provider.Wrapper+"_v"+providerNo)
}

// providerWrapper is a script and not a link: a link to the binary would
// change the provider's hash with every build.
func providerWrapper(waymark string) string {
	return "#!/bin/sh\nexec " + quote(waymark) + " provider \"$@\"\n"
}

// engineWrapper writes the pid, which the engine keeps, before it becomes the
// engine.
func engineWrapper(pid, engine string) string {
	return "#!/bin/sh\necho $$ > " + quote(pid) + "\nexec " + quote(engine) + " \"$@\"\n"
}

// quote makes s one word for sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// cliConfigText says where providers come from: ours from its mirror, others
// from the configured mirror or their registry.
func cliConfigText(mirror, others string) string {
	const ours = `["waymark.internal/*/*"]`
	rest := fmt.Sprintf("direct {\n    exclude = %s\n  }", ours)
	if others != "" {
		rest = fmt.Sprintf("filesystem_mirror {\n    path    = %q\n    exclude = %s\n  }", others, ours)
	}
	return fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path    = %q\n    include = %s\n  }\n  %s\n}\n",
		mirror, ours, rest)
}

// Initialised reports whether init has finished in the folder.
func (f Folder) Initialised() bool {
	_, err := os.Stat(filepath.Join(f.in(configDir), ".terraform.lock.hcl"))
	return err == nil
}

// HasPlan reports whether there is a plan file.
func (f Folder) HasPlan() bool {
	_, err := os.Stat(filepath.Join(f.in(configDir), planFile))
	return err == nil
}
