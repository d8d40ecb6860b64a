package handlers

import (
	"crypto/rand"
	"crypto/subtle"
	"sync"
	"time"
)

// FirstCode is the one-time code with which the first administrator signs in
// where no issuer is configured. It lives in memory for an hour.
type FirstCode struct {
	mu    sync.Mutex
	code  string
	until time.Time
}

// NewFirstCode makes a code of 26 letters and digits.
func NewFirstCode() *FirstCode {
	return &FirstCode{code: rand.Text(), until: time.Now().Add(time.Hour)}
}

// Code is the code, for whoever started the server.
func (f *FirstCode) Code() string { return f.code }

// Open reports whether the code can still be used.
func (f *FirstCode) Open() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.code != "" && time.Now().Before(f.until)
}

// Take reports whether code is right, and if so ends it.
func (f *FirstCode) Take(code string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.code == "" || time.Now().After(f.until) || subtle.ConstantTimeCompare([]byte(f.code), []byte(code)) != 1 {
		return false
	}
	f.code = ""
	return true
}
