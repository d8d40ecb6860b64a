package catalog

import "fmt"

// codeRule is the code of problems of documents that catalog.rules refuse.
const codeRule = "rule"

// welcome takes out the entities whose kind the rules do not allow from this
// source; each becomes a problem.
func (r *reading) welcome(docs []Document) []Document {
	for i, d := range docs {
		if d.Entity == nil || r.engine.o.Rules.Allows(d.Entity.Kind, d.Entity.Type(), r.src.ID) {
			continue
		}
		what := d.Entity.Kind
		if t := d.Entity.Type(); t != "" {
			what += " of the type " + t
		}
		docs[i].Problems = append(docs[i].Problems, Problem{Severity: Error, Code: codeRule, Source: r.src.ID, File: d.Entity.Source.File,
			Document: d.Number, Line: d.KindLine, Field: "kind", Entity: d.Ref.String(), Owner: d.Entity.Owner().String(),
			Message: fmt.Sprintf("A %s is not welcome from this source; the document was not stored.", what),
			Fix:     "Allow it under catalog.rules in the configuration, or keep it in another source."}.identified())
		docs[i].Entity = nil
	}
	return docs
}
