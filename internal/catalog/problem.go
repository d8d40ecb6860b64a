package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Severity says how bad a problem is.
type Severity string

// The severities: an error keeps a document out of the catalog, a warning
// does not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something wrong with a document, told so that its author can
// mend it.
type Problem struct {
	ID       string    `json:"id"`
	Severity Severity  `json:"severity"`
	Code     string    `json:"code"` // syntax, envelope, field, reference, placeholder, conflict, untrusted, rule, limit, dangling, source, kind, unknown
	Source   string    `json:"source"`
	File     string    `json:"file"`
	Document int       `json:"document"`         // from 1; 0 for the whole file
	Line     int       `json:"line"`             // 0 when unknown
	Field    string    `json:"field"`            // dotted path, such as spec.owner
	Entity   string    `json:"entity"`           // canonical reference, if it can be told
	Owner    string    `json:"owner"`            // group reference, if it can be told
	Target   string    `json:"target,omitempty"` // what a dangling reference names
	Message  string    `json:"message"`
	Fix      string    `json:"fix"`
	Since    time.Time `json:"since"`
	URL      string    `json:"url,omitempty"` // where a browser shows the line, if it can be told
	Tags     []string  `json:"-"`             // of the document, for who may see the problem
}

// identified gives p the id under which it stays known while it lasts, so
// that its age can be told.
func (p Problem) identified() Problem {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%s", p.Source, p.File, p.Code, p.Entity, p.Field, p.Message))
	p.ID = "prb_" + hex.EncodeToString(sum[:10])
	return p
}

// Place says where the problem is, as short as it can be said.
func (p Problem) Place() string {
	switch {
	case p.File == "":
		return "the source itself"
	case p.Line > 0:
		return fmt.Sprintf("%s, document %d, line %d", p.File, p.Document, p.Line)
	}
	return p.File
}
