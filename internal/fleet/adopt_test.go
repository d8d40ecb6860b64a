package fleet

import "testing"

func TestAdopted(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]Adopted{
		`{"kind":"Component","metadata":{"name":"Pay-API","annotations":{"backstage.io/source-template":"Template:default/Go-Service"}}}`: {"component:default/pay-api", "template:default/go-service"},
		`{"kind":"API","metadata":{"name":"x","namespace":"shop","annotations":{"backstage.io/source-template":"go-service"}}}`:           {"api:shop/x", "template:default/go-service"},
		`{"kind":"Component","metadata":{"name":"x","annotations":{"backstage.io/source-template":"component:default/no-template"}}}`:     {},
		`{"kind":"Component","metadata":{"name":"x","annotations":{"backstage.io/source-template":"::"}}}`:                                {},
		`{"kind":"Template","metadata":{"name":"copy","annotations":{"backstage.io/source-template":"template:default/other"}}}`:          {},
		`{"kind":"Component","metadata":{"name":"x","annotations":{}}}`:                                                                   {},
		`[]`: {},
	} {
		got, ok := adopted([]byte(body))
		if ok != (want != Adopted{}) || got != want {
			t.Errorf("%s: %+v %v, want %+v", body, got, ok, want)
		}
	}
}
