package goldenpath_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func runAPI(t *testing.T, m making, _, binary string) {
	var settings, header []string
	if m.values["database"] == "postgres" {
		address := schema(t)
		if address == "" {
			t.Log("WAYMARK_TEST_POSTGRES is not set: it is not started")
			return
		}
		settings = append(settings, "DATABASE_URL="+address)
	}
	if m.values["auth"] == "oidc-jwt" {
		issuer, token := newIssuer(t)
		settings = append(settings, "OIDC_ISSUER="+issuer, "OIDC_AUDIENCE="+service)
		header = []string{"Authorization", "Bearer " + token}
	}
	p := start(t, binary, nil, settings...)
	p.healthy()
	if header != nil {
		if code, body := p.get("/api/v1/items"); code != http.StatusUnauthorized {
			t.Errorf("without a token: %d %s", code, body)
		}
	}
	req, err := http.NewRequest(http.MethodPost, p.url+"/api/v1/items", strings.NewReader(`{"name":"first"}`))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header.Set(header[0], header[1])
	}
	if code, body := p.answer(http.DefaultClient.Do(req)); code != http.StatusCreated {
		t.Fatalf("create: %d %s", code, body)
	}
	if code, body := p.get("/api/v1/items", header...); code != http.StatusOK || !strings.Contains(body, `"name":"first"`) {
		t.Errorf("list: %d %s", code, body)
	}
	p.until(`http_requests_total{code="201",method="POST",route="POST /api/v1/items"} 1`)
	if code := p.stop(); code != 0 {
		t.Errorf("a stop ends with %d\n%s", code, p.said())
	}
}

// schema is a database with an empty schema of its own, "" without a server.
func schema(t *testing.T) string {
	t.Helper()
	server := os.Getenv("WAYMARK_TEST_POSTGRES")
	if server == "" {
		return ""
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	name := "made_" + strings.ToLower(rand.Text())
	if _, err := c.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.Exec(ctx, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
		c.Close(ctx)
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// newIssuer runs an OpenID Connect issuer and signs one token for the service.
func newIssuer(t *testing.T) (issuer, token string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": s.URL, "jwks_uri": s.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])}}})
	})
	claims, err := json.Marshal(map[string]any{"iss": s.URL, "sub": "ada", "aud": service, "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	signed := b64([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + b64(claims)
	sum := sha256.Sum256([]byte(signed))
	r, v, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return s.URL, signed + "." + b64(append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...))
}
