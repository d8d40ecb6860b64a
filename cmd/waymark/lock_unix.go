//go:build unix

package main

import (
	"os"
	"syscall"
)

// lockFile takes a lock that ends with the process: many may share it, one may
// have it alone. It fails at once when that cannot be.
func lockFile(path string, alone bool) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
