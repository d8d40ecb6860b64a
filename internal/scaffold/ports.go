package scaffold

import (
	"context"
	"io/fs"
	"net/http"
)

// Fetcher reads what steps fetch from the hosts of the configuration. token is
// a person's own, sent instead of the host's when it is not empty. Errors are
// faults that name the host and hold no credential.
type Fetcher interface {
	// Folder opens a folder of a repository by the address of its page, such
	// as https://github.com/acme/templates/tree/main/go-service. Links in it
	// are shown as links, with what they lead to as their content.
	Folder(ctx context.Context, address, token string) (fs.FS, error)
	// File reads one file by the address of its page or by its own.
	File(ctx context.Context, address, token string) ([]byte, error)
}

// Requester sends the requests of steps to the hosts that the configuration
// allows. It bounds time and size, and follows no redirect to another host.
type Requester interface {
	Request(ctx context.Context, r Request) (Response, error)
}

// Request is what a step sends.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Response is what came back, whatever its status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}
