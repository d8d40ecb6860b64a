package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// giveBackBinary unmaps what the start has touched of the program itself:
// half of its code only initialises. What is needed again comes back from the
// page cache by itself. Parts that were written to stay.
func giveBackBinary() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return err
	}
	var at, end uintptr // of the mapping that is read, zero if it is none of ours
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		if !strings.Contains(strings.SplitN(line, " ", 2)[0], ":") { // begin-end rights offset device inode path
			at = 0
			var rights string
			var from, to uintptr
			if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err == nil && strings.HasSuffix(line, self) && rights[1] == '-' {
				at, end = from, to
			}
			continue
		}
		if at == 0 || !strings.HasPrefix(line, "Anonymous:") || strings.TrimSpace(strings.TrimPrefix(line, "Anonymous:")) != "0 kB" {
			continue
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, at, end-at, syscall.MADV_DONTNEED); errno != 0 {
			return errno
		}
	}
	return nil
}
