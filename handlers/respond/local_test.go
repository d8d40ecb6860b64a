package respond

import "testing"

// A form's return_to leads back into the portal and nowhere else, however a
// browser reads the address.
func TestOnlyLocalAddressesAreFollowed(t *testing.T) {
	for to, want := range map[string]bool{
		"/": true, "/catalog?q=a b&kind=api#top": true, "/a//b": true, "/%2f%2fevil.example": true,
		"": false, "catalog": false, "//evil.example": false, "/\\evil.example": false, "\\\\evil.example": false,
		"/\t/evil.example": false, "/\n/evil.example": false, "/\r\n/evil.example": false, "\t//evil.example": false,
		"https://evil.example/": false, "javascript:alert(1)": false, "/\x00/evil.example": false,
	} {
		if got := local(to); got != want {
			t.Errorf("local(%q) = %v, want %v", to, got, want)
		}
	}
}
