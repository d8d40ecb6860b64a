package webhook_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/webhook"
)

// The example of the specification's own libraries.
func TestSignsLikeEverybodyElse(t *testing.T) {
	key, err := webhook.Key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	at := time.Unix(1614265330, 0)
	webhook.Sign(h, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`))
	if got, want := h.Get(webhook.HeaderSignature), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	for name, k := range map[string]struct {
		change func()
		now    time.Time
		fine   bool
	}{
		"as it was sent":     {func() {}, at.Add(time.Minute), true},
		"too old":            {func() {}, at.Add(time.Hour), false},
		"from tomorrow":      {func() {}, at.Add(-time.Hour), false},
		"beside another one": {func() { h.Set(webhook.HeaderSignature, "v1,AAAA "+h.Get(webhook.HeaderSignature)) }, at, true},
		"with another id":    {func() { h.Set(webhook.HeaderID, "msg_2") }, at, false},
	} {
		k.change()
		if err := webhook.Verify(h, key, k.now, []byte(`{"test": 2432232314}`)); (err == nil) != k.fine {
			t.Errorf("%s: %v, want fine %v", name, err, k.fine)
		}
		h = http.Header{}
		webhook.Sign(h, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`))
	}
	if err := webhook.Verify(h, key, at, []byte(`{"test": 1}`)); err == nil {
		t.Error("a changed body is believed")
	}
	if err := webhook.Verify(h, []byte("another key of some length"), at, []byte(`{"test": 2432232314}`)); err == nil {
		t.Error("another key is believed")
	}
}

func TestRefusesWeakSecrets(t *testing.T) {
	for _, s := range []string{"", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_not base 64 at all!!!!!!!!!"} {
		if _, err := webhook.Key(s); !errors.Is(err, webhook.ErrKey) {
			t.Errorf("%q: %v, want a refusal", s, err)
		}
	}
}
