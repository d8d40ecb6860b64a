//go:build !unix

package main

import "os"

// lockFile keeps the file open, which alone keeps it from being removed here.
func lockFile(path string, alone bool) (release func(), err error) {
	if alone {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		return func() {}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}
