package api

// readDoc is what the description says of a read beyond its path.
type readDoc struct {
	summary string
	query   []string
	list    bool
}

// readDocs holds the reads by route. A read that is missing here is still
// described, by its path alone.
var readDocs = map[string]readDoc{
	"/me":                                  {summary: "Who is asking"},
	"/quotas":                              {summary: "What teams have of their quotas", list: true},
	"/actions":                             {summary: "Every action with its schema", list: true},
	"/runs":                                {summary: "Runs, newest first", query: []string{"state", "kind", "subject", "owner"}, list: true},
	"/runs/:id":                            {summary: "One run with its steps"},
	"/runs/:id/log":                        {summary: "A run's log, as text or as server-sent events", query: []string{"after"}},
	"/environments":                        {summary: "Environments", query: []string{"state", "owner", "service"}, list: true},
	"/environments/:id":                    {summary: "One environment"},
	"/blueprints":                          {summary: "Blueprints", list: true},
	"/policies":                            {summary: "Policy rules", list: true},
	"/policies/decisions":                  {summary: "What policy decided", list: true},
	"/costs":                               {summary: "Costs by a group", query: []string{"group", "from", "to", "measure", "team", "service"}},
	"/costs/imports":                       {summary: "Imported bills", list: true},
	"/dora":                                {summary: "The five DORA metrics", query: []string{"scope", "from", "to", "bands"}},
	"/dora/events":                         {summary: "The events that a metric consists of", query: []string{"metric", "scope", "from", "to", "only"}, list: true},
	"/surveys":                             {summary: "Surveys", list: true},
	"/surveys/:id":                         {summary: "A survey with its questions, and your own answers while it is open"},
	"/surveys/:id/results":                 {summary: "A survey's results"},
	"/search":                              {summary: "Search over everything", query: []string{"q", "kind", "owner"}, list: true},
	"/events":                              {summary: "The audit trail", query: []string{"type", "subject", "by", "from", "to"}, list: true},
	"/events/verify":                       {summary: "Check the hash chain of the audit trail"},
	"/docs/check":                          {summary: "Faults of a docs site", query: []string{"site"}, list: true},
	"/catalog/problems":                    {summary: "What is wrong with the catalog's files, by place or age", query: []string{"q", "source", "owner", "severity", "code", "entity", "sort"}, list: true},
	"/catalog/views":                       {summary: "Your named views of the catalog, and those of your groups", list: true},
	"/catalog/stars":                       {summary: "What you starred", list: true},
	"/catalog/entities":                    {summary: "Entities of the catalog", query: []string{"q", "kind", "type", "owner", "lifecycle", "tag", "system"}, list: true},
	"/templates":                           {summary: "Golden paths", list: true},
	"/templates/:namespace/:name/versions": {summary: "The versions of a golden path with their changelog, newest first", list: true},
	"/fleet":                               {summary: "What was made from golden paths: behind, drifted", query: []string{"template", "team", "state", "q", "sort"}, list: true},
	"/fleet/:id":                           {summary: "One service that was made from a golden path"},
	"/upgrades/:id":                        {summary: "One upgrade: what it changes, and its conflicts"},
	"/templates/:namespace/:name/usage":    {summary: "How often a golden path was used, with what success, and what it saved"},
	"/templates/:namespace/:name/cases":    {summary: "The recorded cases of a golden path and how they went", list: true},
}

// components are what operations refer to.
func components() object {
	text, number := object{"type": "string"}, object{"type": "integer"}
	field := object{"type": "object", "properties": object{"field": text, "code": text, "message": text}, "required": []string{"field", "code", "message"}}
	violation := object{"type": "object", "properties": object{"rule": text, "severity": text, "message": text, "resource": text, "fix": text}, "required": []string{"rule", "severity", "message"}}
	ref := object{"type": "object", "properties": object{"id": text, "url": text, "name": text, "state": text}, "required": []string{"id", "url"}}
	return object{
		"schemas": object{
			"problem": object{"type": "object", "required": []string{"title", "status", "detail"}, "properties": object{
				"type": text, "title": text, "status": number, "detail": text, "instance": text, "kind": text,
				"errors": object{"type": "array", "items": field}, "violations": object{"type": "array", "items": violation},
				"current": number, "limit": number}},
			"list": object{"type": "object", "required": []string{"items", "total"}, "properties": object{
				"items": object{"type": "array"}, "total": number, "next": text}},
			"started": object{"type": "object", "required": []string{"run"}, "properties": object{"run": ref, "environment": ref}},
		},
		"responses": object{"problem": object{"description": "What went wrong",
			"content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/problem"}}}}},
		"parameters": object{
			"key":    object{"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "maxLength": 255}, "description": "A repeated call with the same key answers the same, for 24 hours."},
			"dryRun": object{"name": "dryRun", "in": "query", "schema": object{"type": "boolean"}, "description": "Run every check and change nothing."},
			"limit":  object{"name": "limit", "in": "query", "schema": object{"type": "integer", "minimum": 1}},
			"cursor": object{"name": "cursor", "in": "query", "schema": text},
		},
		"securitySchemes": object{
			"token":   object{"type": "http", "scheme": "bearer"},
			"session": object{"type": "apiKey", "in": "cookie", "name": "waymark_session"},
		},
	}
}
