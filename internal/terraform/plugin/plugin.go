// Package plugin serves a provider to OpenTofu and Terraform: the server's half
// of the protocol of HashiCorp's go-plugin, version 1, over gRPC on a Unix
// socket. It stands here because the library's own server brings net/rpc, which
// looks methods up by name, and a program that does so is linked with every
// method of every type: 11 MB more.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// Cookie is the variable by which an engine says that it starts a plugin, and
// its value. Both are part of the protocol and no secret.
const (
	Cookie      = "TF_PLUGIN_MAGIC_COOKIE"
	CookieValue = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
)

// What an engine says in the environment of a plugin.
const (
	envClientCert = "PLUGIN_CLIENT_CERT"
	envSocketDir  = "PLUGIN_UNIX_SOCKET_DIR"
	envGroup      = "PLUGIN_UNIX_SOCKET_GROUP"
	envMultiplex  = "PLUGIN_MULTIPLEX_GRPC"
)

// maxMessage bounds a message in bytes: states and schemas can be large.
const maxMessage = 256 << 20

// grace is how long calls may still take after the engine asked for the end.
const grace = time.Second

// ErrNotStarted means that a person, not an engine, started the plugin.
var ErrNotStarted = errors.New("this is a provider for OpenTofu and Terraform; they start it themselves")

// Options say what is served. All are needed.
type Options struct {
	Version  int                      // of the provider protocol; the engine ends the plugin if it does not speak it
	Register func(*grpc.Server) error // adds the provider's services
	Getenv   func(string) string      // os.Getenv
	Out      io.Writer                // where the engine waits for the handshake: os.Stdout
}

// Serve answers an engine until it asks for the end or ctx is done. It returns
// ErrNotStarted when no engine started the process. Interrupts are ignored from
// then on: a terminal sends them to the whole group, and it is the engine that
// says when its providers stop.
func Serve(ctx context.Context, o Options) error {
	if o.Getenv(Cookie) != CookieValue {
		return ErrNotStarted
	}
	id, err := newIdentity(o.Getenv(envClientCert))
	if err != nil {
		return err
	}
	listener, err := listen(o.Getenv)
	if err != nil {
		return err
	}
	defer listener.Close()
	server, err := newServer(id, o.Register)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(o.Out, handshake(o, listener.Addr(), id)); err != nil {
		return fmt.Errorf("tell the engine where the provider listens: %w", err)
	}
	signal.Ignore(os.Interrupt)
	defer context.AfterFunc(ctx, server.Stop)()
	return server.Serve(listener)
}

func newServer(id identity, register func(*grpc.Server) error) (*grpc.Server, error) {
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage)}
	if id.tls != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(id.tls)))
	}
	server := grpc.NewServer(options...)
	registerProtocol(server)
	if err := register(server); err != nil {
		return nil, fmt.Errorf("register the provider: %w", err)
	}
	return server, nil
}

// handshake is the one line by which the engine finds the server: protocol of
// the line, of the provider, address, kind, certificate. Engines that could use
// one connection for several streams ask for a seventh part: we do not.
func handshake(o Options, addr net.Addr, id identity) string {
	line := fmt.Sprintf("1|%d|%s|%s|grpc|%s", o.Version, addr.Network(), addr.String(), id.certificate)
	if o.Getenv(envMultiplex) != "" {
		line += "|false"
	}
	return line
}
