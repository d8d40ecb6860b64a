//go:build !race

package testkit

import "time"

// Bound is how long something bounded by d may take in this build.
func Bound(d time.Duration) time.Duration { return d }
