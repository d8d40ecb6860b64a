package scaffold

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// keptFor is how long secrets are kept between the pages of a form.
const keptFor = 4 * time.Hour

type keptSecrets struct {
	Until   time.Time
	Secrets map[string]string
}

func keptContext(who, template string) string { return "form of " + template + " for " + who }

// KeepSecrets seals what was entered in secret fields, so that the next page of
// the form can carry it without showing it. Only the same person can use it
// again, for the same template, within some hours. Unavailable when secrets
// cannot be kept here.
func (e *Engine) KeepSecrets(who, template string, secrets map[string]string) (string, error) {
	if e.o.Sealer == nil {
		return "", fault.New(fault.Unavailable, "Secrets cannot be kept here.")
	}
	b, err := json.Marshal(keptSecrets{time.Now().Add(keptFor), secrets})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(e.o.Sealer.Seal(b, keptContext(who, template))), nil
}

// KeptSecrets opens what KeepSecrets sealed; nothing when it is another
// person's, another template's, too old or no such thing.
func (e *Engine) KeptSecrets(who, template, sealed string) map[string]string {
	if e.o.Sealer == nil || sealed == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil
	}
	plain, err := e.o.Sealer.Unseal(b, keptContext(who, template))
	if err != nil {
		return nil
	}
	var k keptSecrets
	if json.Unmarshal(plain, &k) != nil || time.Now().After(k.Until) {
		return nil
	}
	return k.Secrets
}
