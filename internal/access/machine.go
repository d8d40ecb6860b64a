package access

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/action"
)

// Machine is a token from the configuration: it belongs to no person.
type Machine struct {
	Name string
	Role string // held everywhere
	Hash string // sha256 of the token, hex
}

// Machines reads the configured tokens: bootstrap is an administrator's token
// (may be empty), static are name:role:sha256. An unknown role is an error.
func Machines(roles *Roles, bootstrap string, static []string) ([]Machine, error) {
	var out []Machine
	if bootstrap != "" {
		out = append(out, Machine{Name: "bootstrap", Role: "admin", Hash: hashSecret(bootstrap)})
	}
	for i, text := range static {
		p := strings.Split(text, ":")
		if len(p) != 3 {
			return nil, fmt.Errorf("static_tokens: entry %d is not name:role:sha256", i+1)
		}
		if _, ok := roles.Roles[p[1]]; !ok {
			return nil, fmt.Errorf("static_tokens: entry %d: there is no role %q", i+1, p[1])
		}
		out = append(out, Machine{Name: p[0], Role: p[1], Hash: strings.ToLower(p[2])})
	}
	return out, nil
}

func (s *Service) machine(hash string) (Viewer, bool) {
	for _, m := range s.Machines {
		if subtle.ConstantTimeCompare([]byte(m.Hash), []byte(hash)) == 1 {
			grants := []action.Grant{{Role: "viewer"}, {Role: m.Role}}
			return Viewer{Actor: action.Actor{ID: "machine:" + m.Name, Name: m.Name, Grants: grants},
				All: s.Roles.ReadsAll(grants)}, true
		}
	}
	return Viewer{}, false
}
