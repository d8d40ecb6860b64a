package store

import (
	"context"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// openProblems is the condition, to stand after others, that v may see a
// problem p, with its arguments. Hidden is
//   - that of a hidden entity, or of a document that would be one, unless it
//     claims a name that is taken: its author must learn that;
//   - that of a file which holds something hidden, or of a source which holds
//     nothing that v may see, where no stored entity says whose it is.
func (s *Store) openProblems(v access.Viewer) (string, []any) {
	mask := s.hiddenFrom(v)
	if mask == 0 {
		return "", nil
	}
	itself, args := unhidden("p.entity", mask)
	where := ` AND (p.code = 'conflict' OR ((p.hidden_by & ?) = 0` + itself + `))`
	args = append([]any{mask}, args...)
	const stored = `EXISTS (SELECT 1 FROM entities known WHERE known.ref = p.entity)`
	where += ` AND (` + stored + ` OR NOT (
		EXISTS (SELECT 1 FROM entities f WHERE f.source = p.source AND f.file = p.file AND (f.hidden_by & ?) <> 0)
		OR (EXISTS (SELECT 1 FROM entities f WHERE f.source = p.source AND (f.hidden_by & ?) <> 0)
			AND NOT EXISTS (SELECT 1 FROM entities f WHERE f.source = p.source AND (f.hidden_by & ?) = 0))))`
	return where, append(args, mask, mask, mask)
}

// coveredProblem are the visibility rules that cover the document of a problem
// as far as it can be told.
func (s *Store) coveredProblem(entity, owner string, tags []string) int64 {
	if entity == "" {
		return 0
	}
	ref := splitRef(entity)
	return s.hidden.rules.Load().Covers(access.Facts{Kind: ref.Kind, Namespace: ref.Namespace, Owner: owner, Tags: tags})
}

// plainConflicts takes out of conflicts what they tell of a holder that v may
// not see.
func (s *Store) plainConflicts(ctx context.Context, v access.Viewer, list []catalog.Problem) error {
	var refs []string
	for _, p := range list {
		if p.Code == "conflict" {
			refs = append(refs, p.Entity)
		}
	}
	hidden, err := s.hiddenOf(ctx, v, refs)
	for i, p := range list {
		if hidden[p.Entity] && p.Code == "conflict" {
			list[i].Message, list[i].Fix = p.Entity+" is taken; this document was not stored.", "Give it another name or namespace."
		}
	}
	return err
}
