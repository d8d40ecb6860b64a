package scaffold

import (
	"context"
	"io/fs"

	"github.com/waymark-portal/waymark/internal/fetch"
)

// Fetcher reads what steps fetch from the hosts of the configuration. token is
// a person's own, sent instead of the host's when it is not empty. Errors are
// faults that name the host and hold no credential. *remote.Reader does.
type Fetcher interface {
	// Source opens the repository in which an address lies, and says which
	// path in it is meant.
	Source(ctx context.Context, address, token string) (files fs.FS, name string, err error)
	// Folder opens a folder of a repository by the address of its page, such
	// as https://github.com/acme/templates/tree/main/go-service. A link in it
	// is a link, with the place to which it leads as its content.
	Folder(ctx context.Context, address, token string) (fs.FS, error)
	// File reads one file by the address of its page or by its own.
	File(ctx context.Context, address, token string) ([]byte, error)
}

// Requester sends the requests of steps to the hosts that the configuration
// allows, and to no other. *fetch.Client does.
type Requester interface {
	// Check says why an address may not be asked, nil when it may.
	Check(address string) error
	Send(ctx context.Context, m fetch.Message) (fetch.Reply, error)
}
