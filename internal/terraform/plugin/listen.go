package plugin

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// socket is a Unix socket in a folder that nobody else can enter.
type socket struct {
	net.Listener
	folder string
}

// listen opens the socket, in the engine's folder if it names one.
func listen(getenv func(string) string) (net.Listener, error) {
	if getenv(envGroup) != "" {
		return nil, fmt.Errorf("%s is set: a provider's socket for another group is not supported", envGroup)
	}
	folder, err := os.MkdirTemp(getenv(envSocketDir), "provider-")
	if err != nil {
		return nil, fmt.Errorf("folder for the provider's socket: %w", err)
	}
	l, err := net.Listen("unix", filepath.Join(folder, "s"))
	if err != nil {
		_ = os.Remove(folder) // it is empty; the error that counts is the one below
		return nil, fmt.Errorf("listen for the engine: %w", err)
	}
	return socket{l, folder}, nil
}

// Close ends listening and removes the socket and its folder.
func (s socket) Close() error {
	err := s.Listener.Close()
	_ = os.RemoveAll(s.folder) // a folder left in the temporary folder harms nobody
	return err
}
