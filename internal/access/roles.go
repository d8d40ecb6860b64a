package access

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/action"
)

// Role is what a role may do.
type Role struct {
	Title       string   `yaml:"title"`
	Summary     string   `yaml:"summary"`
	Everywhere  bool     `yaml:"everywhere"`  // held for the whole portal, never for one group
	Below       bool     `yaml:"below"`       // held for a group, it counts for the groups below it too
	ReadsAll    bool     `yaml:"reads_all"`   // reads what is kept for owning groups
	Includes    []string `yaml:"includes"`    // roles whose permissions it has too
	Permissions []string `yaml:"permissions"` // names, or a prefix with a star: launch-environment.*
}

// Assignment gives a role to a person, to the members of a group, or to who
// holds a value of the groups claim.
type Assignment struct {
	Role  string `yaml:"role"`
	User  string `yaml:"user"`  // user reference
	Group string `yaml:"group"` // group reference; with User: the group it is held for. "*": each group, for its own members
	Claim string `yaml:"claim"` // value of the groups claim
	For   string `yaml:"for"`   // with Claim: the group it is held for
}

// Roles is the role file: who may do what. It is data; nothing in the code
// knows a role's name but viewer's, which everybody signed in holds.
type Roles struct {
	Roles       map[string]Role     `yaml:"roles"`
	Assignments []Assignment        `yaml:"assignments"`
	allowed     map[string][]string // role to all its permissions, includes resolved
}

// ParseRoles reads role files; later ones add roles and assignments. It
// refuses unknown keys, unknown roles and circles of includes.
func ParseRoles(files ...[]byte) (*Roles, error) {
	out := &Roles{Roles: map[string]Role{}}
	for _, b := range files {
		var f Roles
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		if err := d.Decode(&f); err != nil {
			return nil, fmt.Errorf("roles: %w", err)
		}
		maps.Copy(out.Roles, f.Roles)
		if f.Assignments != nil {
			out.Assignments = f.Assignments
		}
	}
	return out, out.resolve()
}

func (r *Roles) resolve() error {
	r.allowed = map[string][]string{}
	for name := range r.Roles {
		p, err := r.permissions(name, nil)
		if err != nil {
			return err
		}
		r.allowed[name] = p
	}
	for i, a := range r.Assignments {
		if _, ok := r.Roles[a.Role]; !ok {
			return fmt.Errorf("roles: assignment %d: there is no role %q", i+1, a.Role)
		}
		if a.User == "" && a.Group == "" && a.Claim == "" {
			return fmt.Errorf("roles: assignment %d: names no user, group or claim", i+1)
		}
	}
	return nil
}

func (r *Roles) permissions(name string, seen []string) ([]string, error) {
	role, ok := r.Roles[name]
	if !ok {
		return nil, fmt.Errorf("roles: there is no role %q", name)
	}
	if slices.Contains(seen, name) {
		return nil, fmt.Errorf("roles: %s includes itself", strings.Join(append(seen, name), " > "))
	}
	out := slices.Clone(role.Permissions)
	for _, in := range role.Includes {
		p, err := r.permissions(in, append(seen, name))
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}

// Allows reports whether a role has a permission.
func (r *Roles) Allows(role, permission string) bool {
	return slices.ContainsFunc(r.allowed[role], func(p string) bool {
		prefix, star := strings.CutSuffix(p, "*")
		return p == permission || (star && strings.HasPrefix(permission, prefix))
	})
}

// Grants returns the roles of a person: user is its reference (may be empty),
// groups those it is a direct member of, claims the values of its groups claim.
func (r *Roles) Grants(user string, groups, claims []string) []action.Grant {
	out := []action.Grant{{Role: "viewer"}}
	for _, a := range r.Assignments {
		out = append(out, r.grants(a, user, groups, claims)...)
	}
	return out
}

func (r *Roles) grants(a Assignment, user string, groups, claims []string) []action.Grant {
	grant := func(group string) []action.Grant {
		if r.Roles[a.Role].Everywhere {
			group = ""
		}
		return []action.Grant{{Role: a.Role, Group: group}}
	}
	switch {
	case a.User != "":
		if a.User == user {
			return grant(a.Group)
		}
	case a.Claim != "":
		if slices.Contains(claims, a.Claim) {
			return grant(a.For)
		}
	case a.Group == "*":
		var out []action.Grant
		for _, g := range groups {
			out = append(out, grant(g)...)
		}
		return out
	case slices.Contains(groups, a.Group):
		return grant(a.Group)
	}
	return nil
}

// ReadsAll reports whether one of the grants reads what is kept for groups.
func (r *Roles) ReadsAll(grants []action.Grant) bool {
	return slices.ContainsFunc(grants, func(g action.Grant) bool { return r.Roles[g.Role].ReadsAll && g.Group == "" })
}
