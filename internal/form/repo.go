package form

import (
	"net/url"
	"strings"
)

// repoParts are what a repository's address consists of, in the order of the
// fields.
var repoParts = []string{"host", "owner", "organization", "workspace", "project", "repo"}

// hostNeeds are the parts beside host and repo that the kinds of host have.
var hostNeeds = map[string][]string{
	"github": {"owner"}, "gitlab": {"owner"}, "gitea": {"owner"}, "gerrit": {"owner"}, "waymark": {"owner"},
	"azure": {"organization", "project"}, "bitbucketCloud": {"workspace", "project"}, "bitbucketServer": {"project"},
}

// HostKind guesses the kind of a host from its name, "" when it does not tell.
func HostKind(host string) string {
	for part, kind := range map[string]string{"dev.azure.com": "azure", "visualstudio.com": "azure", "bitbucket.org": "bitbucketCloud",
		"bitbucket.": "bitbucketServer", "github": "github", "gitlab": "gitlab", "gitea": "gitea", "gerrit": "gerrit"} {
		if strings.Contains(host, part) && (part != "bitbucket." || host != "bitbucket.org") {
			return kind
		}
	}
	if host == "waymark" {
		return host
	}
	return ""
}

// repo reads the address of a repository: host?owner=o&repo=r. Parts that the
// host does not have are left out.
func (d *decoder) repo(p part) (any, bool) {
	name := d.name(p.path)
	if d.sent.Get(name) != "" && d.sent.Get(name+".repo") == "" { // written as one text
		return strings.TrimSpace(d.sent.Get(name)), true
	}
	get := func(part string) string { return strings.TrimSpace(d.sent.Get(name + "." + part)) }
	if token := d.sent.Get(name + ".token"); token != "" {
		if key := secretsKey(p.node); key != "" {
			d.secrets[key] = token
		}
	}
	host := get("host")
	if host == "" || get("repo") == "" && get("owner") == "" {
		return nil, false
	}
	var query []string
	for _, part := range repoParts[1:] {
		if v := get(part); v != "" && (part == "repo" || hostHas(host, part)) {
			query = append(query, part+"="+url.QueryEscape(v))
		}
	}
	return host + "?" + strings.Join(query, "&"), true
}

func hostHas(host, part string) bool {
	needs, known := hostNeeds[HostKind(host)]
	return contains(needs, part) || !known && part == "owner"
}

// secretsKey is the name under which a person's own credentials are given to
// the steps, "" when the template asks for none.
func secretsKey(n *node) string {
	m, _ := n.UI["requestUserCredentials"].(map[string]any)
	key, _ := m["secretsKey"].(string)
	return key
}

// splitRepo is an address as its fields hold it.
func splitRepo(address string) map[string]string {
	out := map[string]string{}
	host, query, _ := strings.Cut(address, "?")
	out["host"] = host
	q, err := url.ParseQuery(query)
	if err != nil {
		return out
	}
	for _, part := range repoParts[1:] {
		if v := q.Get(part); v != "" {
			out[part] = v
		}
	}
	return out
}

// repo makes the fields of a repository's address.
func (b *builder) repo(f *Field, n *node, live bool) error {
	whole := b.in.Sent.Get(f.Name)
	if whole != "" && b.in.Sent.Get(f.Name+".repo") == "" {
		for part, text := range splitRepo(whole) {
			b.in.Sent.Set(f.Name+"."+part, text)
		}
	}
	host, err := b.repoPart(f, n, "host")
	if err != nil {
		return err
	}
	if host.Value == "" && len(host.Options) > 0 {
		host.Value = host.Options[0].Value
		host.Options[0].Selected = true
	}
	host.Live = true
	f.Fields = append(f.Fields, host)
	for _, part := range repoParts[1:] {
		if part != "repo" && !hostHas(host.Value, part) {
			continue
		}
		g, err := b.repoPart(f, n, part)
		if err != nil {
			return err
		}
		g.Live = live && part == "repo"
		f.Fields = append(f.Fields, g)
	}
	if secretsKey(n) != "" && host.Value != "waymark" {
		name := f.Name + ".token"
		f.Fields = append(f.Fields, Field{Name: name, ID: id(name), Kind: Password, Label: "Access token for " + first(host.Value, "the host"), Required: f.Required,
			Kept: b.in.Sent.Get(name) != "", Help: "What is published is published with it, in your name. It is kept sealed until the run has ended, and shown to nobody."})
	}
	return nil
}

// partWords are the options with which templates name the parts themselves.
var partLabels = map[string]string{"host": "Host", "owner": "Owner", "organization": "Organization", "workspace": "Workspace", "project": "Project", "repo": "Repository"}

// allowed are the options that list what a part may be.
var allowed = map[string]string{"host": "allowedHosts", "owner": "allowedOwners", "organization": "allowedOrganizations", "project": "allowedProjects", "repo": "allowedRepos"}

func (b *builder) repoPart(f *Field, n *node, part string) (Field, error) {
	name := f.Name + "." + part
	g := Field{Name: name, ID: id(name), Kind: Text, Input: "text", Label: first(n.ui(part+"Label"), partLabels[part]), Help: n.ui(part + "Description"),
		Required: f.Required, ReadOnly: f.ReadOnly, Disabled: f.Disabled, Value: b.in.Sent.Get(name)}
	list, _ := n.UI[allowed[part]].([]any)
	for _, v := range list {
		g.Options = append(g.Options, Option{Value: text(v), Label: text(v), Selected: text(v) == g.Value})
	}
	if len(g.Options) == 0 && b.in.Resolver != nil {
		c, known, err := b.choices(&g, n, part)
		if err != nil {
			return g, err
		}
		if known {
			g.Options, g.Note = c.Options, c.Note
			if c.Free || c.More {
				g.Kind, g.Search = Combo, true
			}
		}
	}
	if len(g.Options) > 0 && g.Kind != Combo {
		g.Kind = Select
	}
	return g, nil
}
