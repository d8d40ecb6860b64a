//go:build !linux

package main

// giveBackBinary does nothing where the mappings of a process cannot be read.
func giveBackBinary() error { return nil }
