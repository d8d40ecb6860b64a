package keylock

import (
	"sync"
	"testing"
	"time"
)

func TestOneAtATime(t *testing.T) {
	var locks Locks
	var all sync.WaitGroup
	n := 0 // guarded by the lock alone: the race detector sees it too
	for range 50 {
		all.Go(func() {
			defer locks.Lock("a")()
			was := n
			time.Sleep(100 * time.Microsecond)
			n = was + 1
		})
	}
	all.Wait()
	if n != 50 {
		t.Errorf("%d of 50 held it alone", n)
	}
	if len(locks.held) != 0 {
		t.Errorf("%d keys are kept that nobody holds", len(locks.held))
	}
}

func TestOtherKeysGoOn(t *testing.T) {
	var locks Locks
	defer locks.Lock("a")()
	done := make(chan struct{})
	go func() { locks.Lock("b")(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("one key holds up another")
	}
}
