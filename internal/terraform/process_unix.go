//go:build unix

package terraform

import "syscall"

// killProcess ends a process, or with a negative number a group, at once.
func killProcess(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) } // gone already is as good

// groupLives reports whether a process group has members.
func groupLives(pid int) bool { return syscall.Kill(-pid, 0) == nil }
