package delivery

import (
	"testing"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestParseScope(t *testing.T) {
	for text, want := range map[string]string{
		"": "all", "all": "all", "service:ledger": "service:component:default/ledger", "team:payments": "team:group:default/payments",
		"service:": "", "ledger": "", "galaxy:x": "", "service:\x00": "", "service:a\x00b": "", "team:a\nb": "",
	} {
		got, err := ParseScope(text)
		if want == "" && !fault.Is(err, fault.Invalid) || want != "" && (err != nil || got.String() != want) {
			t.Errorf("%q: %v, %v; want %q", text, got, err, want)
		}
	}
}
