package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// figures are what one line costs.
type figures struct {
	cpu float64 // ms per request, of server and database
	p99 float64 // ms
}

// drive asks over conns connections for d.
func (s *server) drive(conns int, d time.Duration, path func(int) string) (figures, error) {
	if _, err := s.ask(0, 1, time.Now().Add(d/10), path); err != nil { // warm
		return figures{}, err
	}
	defer s.watch()()
	before, err := s.cpu()
	if err != nil {
		return figures{}, err
	}
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var wait sync.WaitGroup
	end := time.Now().Add(d)
	for c := range conns {
		wait.Go(func() {
			mine, err := s.ask(c, conns, end, path)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			if err != nil {
				failed = err
			}
		})
	}
	wait.Wait()
	after, err := s.cpu()
	if err != nil || failed != nil || len(all) == 0 {
		return figures{}, fmt.Errorf("drive: %v %v, %d answers", err, failed, len(all))
	}
	slices.Sort(all)
	return figures{cpu: float64((after - before).Microseconds()) / 1000 / float64(len(all)),
		p99: float64(all[len(all)*99/100].Microseconds()) / 1000}, nil
}

// firsts asks each address of a line once and returns the mean CPU in ms.
func (s *suite) firsts(l line) (float64, error) {
	const times = 8
	before, err := s.cpu()
	if err != nil {
		return 0, err
	}
	for i := range times {
		if err := s.fetch(l.path(i)); err != nil {
			return 0, err
		}
	}
	after, err := s.cpu()
	return float64((after - before).Microseconds()) / 1000 / times, err
}

func (s *server) ask(first, step int, end time.Time, path func(int) string) ([]time.Duration, error) {
	var out []time.Duration
	for i := first; time.Now().Before(end); i += step {
		began := time.Now()
		if err := s.fetch(path(i * 7919)); err != nil {
			return out, err
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}

func (s *server) fetch(path string) error {
	res, err := s.get(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return err
}
