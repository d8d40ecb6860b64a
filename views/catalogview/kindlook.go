package catalogview

import (
	"cmp"
	"strings"
	"sync/atomic"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// customLooks are how custom kinds are shown. They are set once, at the start,
// and read wherever a kind is named.
var customLooks atomic.Pointer[map[string]kindLook]

// UseKinds makes kinds of one's own be shown as their files say; what a file
// leaves out follows from the name. The kinds of the format keep their look.
func UseKinds(kinds []catalog.Kind) {
	looks := make(map[string]kindLook, len(kinds))
	for _, k := range kinds {
		one := cmp.Or(k.Title, k.Kind)
		looks[strings.ToLower(k.Kind)] = kindLook{icon: cmp.Or(k.Icon, "package"), one: one, many: cmp.Or(k.Plural, one+"s")}
	}
	customLooks.Store(&looks)
}

func lookOf(kind string) (kindLook, bool) {
	if l, ok := kindLooks[kind]; ok {
		return l, true
	}
	if more := customLooks.Load(); more != nil {
		l, ok := (*more)[kind]
		return l, ok
	}
	return kindLook{}, false
}
