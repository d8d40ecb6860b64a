package voice

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/fault"
)

// maxText is how long an answer in words may be, in characters.
const maxText = 2000

// readAnswers checks raw answers against the questions and says everything
// that is wrong, field by field. Skipped questions are left out.
func readAnswers(questions []Question, raw map[string]json.RawMessage) (Answers, error) {
	out, left := Answers{}, map[string]bool{}
	for id := range raw {
		left[id] = true
	}
	var faults []fault.Field
	for _, q := range questions {
		delete(left, q.ID)
		v, code, why := q.read(raw[q.ID])
		switch {
		case why != "":
			faults = append(faults, fault.Field{Field: "answers." + q.ID, Code: code, Message: why})
		case v != nil:
			out[q.ID] = v
		case q.Required:
			faults = append(faults, fault.Field{Field: "answers." + q.ID, Code: "required", Message: "Please answer this question."})
		}
	}
	for id := range left {
		faults = append(faults, fault.Field{Field: "answers." + clip(id), Code: "unknown", Message: "The survey has no such question."})
	}
	if len(faults) == 0 && len(out) == 0 {
		faults = append(faults, fault.Field{Field: "answers", Code: "required", Message: "Please answer at least one question."})
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b fault.Field) int { return strings.Compare(a.Field, b.Field) })
		return nil, fault.InvalidFields(faults...)
	}
	return out, nil
}

// clip keeps a foreign name short where it is said back.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// read returns the answer to q, nil when it was skipped, or why it cannot be
// used.
func (q Question) read(raw json.RawMessage) (value any, code, why string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" || string(raw) == `""` {
		return nil, "", ""
	}
	if q.Type == NPS || q.Type == Rating {
		low, high := q.Range()
		n, err := strconv.Atoi(string(raw)) // whole numbers only: 9.5 and "9" are refused
		if err != nil || n < low || n > high {
			return nil, "range", fmt.Sprintf("Choose a whole number from %d to %d.", low, high)
		}
		return n, "", ""
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, "type", "The answer must be text."
	}
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return nil, "", ""
	case q.Type == MultipleChoice && !slices.Contains(q.Options, s):
		return nil, "enum", "Choose one of the options."
	case utf8.RuneCountInString(s) > maxText:
		return nil, "maxLength", fmt.Sprintf("Please use at most %d characters.", maxText)
	}
	return s, "", ""
}

// decodeAnswers reads answers as they are stored.
func decodeAnswers(questions []Question, stored json.RawMessage) (Answers, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(stored, &raw); err != nil {
		return nil, fmt.Errorf("stored answers: %w", err)
	}
	return readAnswers(questions, raw)
}

// newKey makes the key of one survey.
func newKey() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// respondent is the name under which the answers of person are kept. Without
// the key it leads nowhere, and the key is destroyed at close.
func respondent(key, person string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(person))
	return hex.EncodeToString(m.Sum(nil))
}
