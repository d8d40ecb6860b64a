package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow by half before it is collected. The portal
// keeps little and allocates little, so memory at rest is worth more than the
// few per cent of CPU that this costs.
const gcPercent = 50

// tuneMemory sets the collector unless the operator has (GOGC).
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
