package scaffold

// The fields that every thing that is made needs, where the file of a
// compiled template does not ask for them itself.

const namePattern = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

func nameField(title string) map[string]any {
	return map[string]any{"title": title, "type": "string", "minLength": 3, "maxLength": 50, "pattern": namePattern,
		"ui:field": "EntityNamePicker", "ui:help": "Of the service, its repository and its catalog entry.",
		"ui:options": map[string]any{"patternMessage": "Use lower-case letters, digits and single dashes, beginning with a letter, such as refund-api."}}
}

func ownerField(title string) map[string]any {
	return map[string]any{"title": title, "type": "string", "ui:field": "OwnerPicker",
		"ui:options": map[string]any{"catalogFilter": map[string]any{"kind": "Group"}}, "ui:help": "The team that runs it. You can create for your own teams."}
}

func descriptionField() map[string]any {
	return map[string]any{"title": "What does it do?", "type": "string", "minLength": 5, "maxLength": 200, "pattern": "^[^\\n\\r\"\\\\`]*$",
		"ui:options": map[string]any{"patternMessage": "Write one line without quotation marks or backslashes."}, "ui:help": "One sentence; people will find it by this."}
}

// team is the expression for the name of the group that will own the service.
func team(owner string) string {
	return "${{ (parameters." + owner + " | parseEntityRef({defaultKind: 'group'})).name }}"
}

// publishing are the steps and the output that follow the files: the
// repository and the entry in the catalog.
func publishing(name, owner, description string) (steps []any, output map[string]any) {
	steps = []any{
		map[string]any{"id": "publish", "name": "Publish the repository", "action": "publish:git", "input": map[string]any{
			"repoUrl": "waymark?owner=" + team(owner) + "&repo=${{ parameters." + name + " }}", "description": "${{ parameters." + description + " }}"}},
		map[string]any{"id": "register", "name": "Register in the catalog", "action": "catalog:register", "input": map[string]any{
			"repoContentsUrl": "${{ steps.publish.output.repoContentsUrl }}", "catalogInfoPath": "/catalog-info.yaml"}}}
	return steps, map[string]any{"remoteUrl": "${{ steps.publish.output.remoteUrl }}", "entityRef": "${{ steps.register.output.entityRef }}",
		"commitHash": "${{ steps.publish.output.commitHash }}",
		"links":      []any{map[string]any{"title": "Open in the catalog", "icon": "box", "entityRef": "${{ steps.register.output.entityRef }}"}}}
}
