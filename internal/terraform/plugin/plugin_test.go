package plugin

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"no engine", map[string]string{}, ErrNotStarted.Error()},
		{"another cookie", map[string]string{Cookie: "yes"}, ErrNotStarted.Error()},
		{"a broken certificate", map[string]string{Cookie: CookieValue, envClientCert: "rubbish"}, "holds no certificate"},
		{"a group", map[string]string{Cookie: CookieValue, envGroup: "staff"}, "not supported"},
		{"no folder", map[string]string{Cookie: CookieValue, envSocketDir: "/nowhere/at/all"}, "folder for the provider's socket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Serve(t.Context(), Options{Version: 6, Getenv: func(k string) string { return tt.env[k] }, Out: io.Discard,
				Register: func(*grpc.Server) error { return nil }})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
			if tt.name == "no engine" && !errors.Is(err, ErrNotStarted) {
				t.Errorf("error = %v, want ErrNotStarted", err)
			}
		})
	}
}

// started is a plugin that serves in this process.
type started struct {
	parts []string // of the handshake
	done  chan error
}

func start(t *testing.T, env map[string]string) started {
	t.Helper()
	dir, err := os.MkdirTemp("", "plugin-test-") // t.TempDir is too long for a Unix socket on some machines
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	env[Cookie], env[envSocketDir] = CookieValue, dir
	in, out := io.Pipe()
	s := started{done: make(chan error, 1)}
	go func() {
		s.done <- Serve(t.Context(), Options{Version: 6, Getenv: func(k string) string { return env[k] }, Out: out,
			Register: func(*grpc.Server) error { return nil }})
	}()
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.parts = strings.Split(strings.TrimSpace(line), "|")
	return s
}

func (s started) dial(t *testing.T, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+s.parts[3], grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func healthy(ctx context.Context, conn *grpc.ClientConn) error {
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	return err
}

func TestServeUntilTheEngineEndsIt(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]string{envMultiplex: "true"})
	if got := strings.Join([]string{s.parts[0], s.parts[1], s.parts[2], s.parts[4], s.parts[5], s.parts[6]}, "|"); got != "1|6|unix|grpc||false" {
		t.Errorf("handshake = %q", got)
	}
	conn := s.dial(t, insecure.NewCredentials())
	if err := healthy(t.Context(), conn); err != nil {
		t.Fatalf("health: %v", err)
	}
	stdio, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/plugin.GRPCStdio/StreamStdio")
	if err != nil {
		t.Fatal(err)
	}
	if err := stdio.SendMsg(new(emptypb.Empty)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Invoke(t.Context(), "/plugin.GRPCController/Shutdown", new(emptypb.Empty), new(emptypb.Empty)); err != nil {
		t.Fatalf("shutdown: %v", err)
	}
	if err := stdio.RecvMsg(new(emptypb.Empty)); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ends with %v, want EOF", err)
	}
	select {
	case err := <-s.done:
		if err != nil {
			t.Errorf("Serve = %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Serve did not end")
	}
	if _, err := os.Stat(filepath.Dir(s.parts[3])); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is still there: %v", err)
	}
}

func TestOnlyTheEngineMayConnect(t *testing.T) {
	t.Parallel()
	engine, err := newCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := newCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, map[string]string{envClientCert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: engine.Certificate[0]}))})
	raw, err := base64.RawStdEncoding.DecodeString(s.parts[5])
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	as := func(own ...tls.Certificate) credentials.TransportCredentials {
		return credentials.NewTLS(&tls.Config{Certificates: own, RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12})
	}
	for name, creds := range map[string]credentials.TransportCredentials{
		"a stranger": as(stranger), "nobody": as(), "without TLS": insecure.NewCredentials(),
	} {
		if err := healthy(t.Context(), s.dial(t, creds)); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v, want Unavailable", name, err)
		}
	}
	if err := healthy(t.Context(), s.dial(t, as(engine))); err != nil {
		t.Errorf("the engine: %v", err)
	}
}
