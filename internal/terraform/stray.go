package terraform

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

// KillStray ends what an engine of this work folder left running: providers
// may finish what they are making for as long as grace, then they are killed.
// It returns how many processes had to be killed. The caller must be sure that
// no supervisor works in the folder.
func (f Folder) KillStray(grace time.Duration) int {
	for end := time.Now().Add(grace); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if len(f.strays()) == 0 {
			return 0
		}
	}
	strays := f.strays()
	for _, pid := range strays {
		killProcess(pid)
	}
	for end := time.Now().Add(2 * time.Second); len(f.strays()) > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	return len(strays)
}

// strays finds the processes of this folder. Where /proc exists they are known
// by the variable that every process of a run inherits, so that a pid that was
// given to somebody else is never touched; elsewhere by the engine's group.
func (f Folder) strays() []int {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		return f.group()
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	mark := []byte(provider.EnvWork + "=" + f.Path)
	var out []int
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err == nil && hasVariable(env, mark) {
			out = append(out, pid)
		}
	}
	return out
}

func hasVariable(environ, variable []byte) bool {
	for v := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.Equal(v, variable) {
			return true
		}
	}
	return false
}

// group is the engine's process group as a negative number, if it still has
// members.
func (f Folder) group() []int {
	b, err := os.ReadFile(f.in(pidFile))
	if err != nil {
		return nil
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil || pid <= 1 || !groupLives(pid) {
		return nil
	}
	return []int{-pid}
}
