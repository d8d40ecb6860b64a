package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// people is a company with a circle: the board is above the company and below
// the payments team.
const people = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: company}
spec: {type: company, children: [money], parent: board}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: money}
spec: {type: department, children: [payments, ghosts], members: [eve]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {type: team, children: [board]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: board}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada, title: Ada}
spec: {memberOf: [payments, money]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ben, title: Ben}
spec: {memberOf: [payments]}
`

func TestOrgOf(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, true)
		src.write("org.yaml", people)
		src.read()
		org, err := s.OrgOf(context.Background(), anyone, catalog.MustRef("group:default/money"))
		if err != nil {
			t.Fatal(err)
		}
		var above, below, members []string
		for _, g := range org.Above {
			above = append(above, g.Ref.Name)
		}
		for _, g := range org.Below {
			below = append(below, fmt.Sprintf("%s<%s@%d#%d", g.Ref.Name, g.Parent.Name, g.Depth, g.Direct))
		}
		for _, m := range org.Members {
			members = append(members, fmt.Sprintf("%s:%v:%s", m.Ref.Name, m.Direct, m.Of.Name))
		}
		got := strings.Join(above, " ") + " | " + strings.Join(below, " ") + " | " + strings.Join(members, " ")
		want := "payments board company | payments<money@1#2 board<payments@2#0 company<board@3#0 | ada:true:money eve:true:money ben:false:payments"
		if got != want || org.Cut {
			t.Errorf("organisation %s\nwant         %s", got, want)
		}
	})
}
