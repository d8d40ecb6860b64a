//go:build race

package testkit

import "time"

// Bound is how long something bounded by d may take in this build: the race
// detector makes code up to ten times slower. The plain bound is judged by
// the run of the timed tests without the detector, in scripts/test.sh.
func Bound(d time.Duration) time.Duration { return 10 * d }
