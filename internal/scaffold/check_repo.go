package scaffold

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/form"
)

// hostParts are what an address must have beside the host, by kind of host.
var hostParts = map[string][]string{
	"github": {"owner", "repo"}, "gitlab": {"repo"}, "gitea": {"repo"}, "gerrit": {"repo"}, "": {"repo"},
	"azure": {"project", "repo"}, "bitbucketCloud": {"workspace", "project", "repo"}, "bitbucketServer": {"project", "repo"},
}

// listedParts are the options that list what a part of an address may be.
var listedParts = map[string]string{"host": "allowedHosts", "owner": "allowedOwners", "organization": "allowedOrganizations", "project": "allowedProjects", "repo": "allowedRepos"}

var repoName = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$`)

// checkAddress says what is wrong with the address of a repository, "" when
// nothing is.
func (e *Engine) checkAddress(options map[string]any, address string) string {
	parts, err := expr.RepoURL(address)
	if err != nil {
		return fmt.Sprintf("This is no address of a repository: %s.", err)
	}
	get := func(part string) string { s, _ := parts[part].(string); return s }
	for _, part := range []string{"host", "owner", "organization", "project", "repo"} {
		list := texts(options[listedParts[part]])
		if v := get(part); len(list) > 0 && v != "" && !containsFold(list, v) {
			return fmt.Sprintf("The %s must be %s, not %s.", part, strings.Join(list, " or "), v)
		}
	}
	if get("host") == forge.Host {
		if _, _, err := forgeRepo(address); err != nil {
			return strings.TrimPrefix(publicText(err), "publish:git: ")
		}
		return ""
	}
	for _, part := range hostParts[form.HostKind(get("host"))] {
		if get(part) == "" {
			return fmt.Sprintf("The address of a repository on %s needs the %s.", get("host"), part)
		}
	}
	if name := get("repo"); !repoName.MatchString(name) || strings.HasSuffix(name, ".git") || strings.Trim(name, ".") == "" {
		return fmt.Sprintf("“%s” cannot be the name of a repository: use letters, digits, dashes, underscores and dots.", name)
	}
	return ""
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}

func checkRepoOwner(options map[string]any, owner string) string {
	if containsFold(texts(options["excludedOwners"]), owner) {
		return fmt.Sprintf("%s is not among the owners that this template allows.", owner)
	}
	return ""
}

// checkBranch looks a branch up where that can be known: on the embedded forge,
// in the repository that another field names.
func (e *Engine) checkBranch(ctx context.Context, t *Template, branch string, values map[string]any) (code, message string, err error) {
	p, ok := t.param(form.RepoField)
	if !ok {
		return "", "", nil
	}
	address, _ := values[p.Name].(string)
	owner, name, err := forgeRepo(address)
	if err != nil {
		return "", "", nil // told at its own field, or on another host
	}
	_, err = e.o.Forge.FS(ctx, owner, name, branch)
	if fault.Is(err, fault.NotFound) || err != nil && strings.Contains(err.Error(), fs.ErrNotExist.Error()) {
		return "branch", fmt.Sprintf("%s/%s has no branch “%s”.", owner, name, branch), nil
	}
	return "", "", err
}
