package main

import (
	"log/slog"
	"os"
	"runtime/debug"
	"time"
)

// startPercent lets the heap grow by half before it is collected while the
// portal starts, servePercent by three quarters while it serves: it keeps
// little and allocates little, so memory at rest is worth more than the few per
// cent of CPU that this costs.
const (
	startPercent = 50
	servePercent = 75
)

// tuneMemory sets the collector unless the operator has (GOGC).
func tuneMemory(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// startIsOver is when what only a start needs of the program is given back.
const startIsOver = 3 * time.Second

// restMemory brings the memory of a server that has just started down to what
// it needs at rest.
func restMemory() {
	time.AfterFunc(startIsOver, rest)
}

func rest() {
	tuneMemory(servePercent)
	if err := giveBackBinary(); err != nil {
		slog.Debug("what was used of the program stays in memory", "error", err)
	}
}
