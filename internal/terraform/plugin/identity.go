package plugin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// host is the name in both certificates; a Unix socket has none of its own.
const host = "localhost"

// validity of a certificate, which lives as long as one plan or apply.
const validity = 30 * 24 * time.Hour

// identity is how engine and provider know each other: each has a certificate
// made for this one process and accepts only the other's.
type identity struct {
	tls         *tls.Config // nil: the engine asked for none
	certificate string      // ours, as the handshake carries it
}

// newIdentity answers the engine's certificate (PEM) with one of our own. No
// certificate means a plain connection; one that cannot be read is an error.
func newIdentity(client string) (identity, error) {
	if client == "" {
		return identity{}, nil
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM([]byte(client)) {
		return identity{}, fmt.Errorf("%s holds no certificate", envClientCert)
	}
	own, err := newCertificate(time.Now())
	if err != nil {
		return identity{}, fmt.Errorf("make the provider's certificate: %w", err)
	}
	return identity{
		certificate: base64.RawStdEncoding.EncodeToString(own.Certificate[0]),
		tls: &tls.Config{
			Certificates: []tls.Certificate{own},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    clients,
			MinVersion:   tls.VersionTLS12,
		},
	}, nil
}

func newCertificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	like := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: host},
		DNSNames:              []string{host},
		NotBefore:             now.Add(-time.Minute), // clocks of containers may differ a little
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true, // the engine trusts it as its own root
	}
	der, err := x509.CreateCertificate(rand.Reader, like, like, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
