//go:build unix

package run

import (
	"os/exec"
	"syscall"
)

// detach gives cmd a session of its own, so that no signal to our group and
// no end of ours reaches it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
