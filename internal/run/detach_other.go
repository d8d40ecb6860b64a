//go:build !unix

package run

import "os/exec"

// detach does nothing where sessions do not exist.
func detach(*exec.Cmd) {}
