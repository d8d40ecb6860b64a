package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/tx"
)

// The settings that visibility rules keep: which bit stands for what a rule
// matches, and up to which generation entities carry the bits of which rules.
const (
	settingBits    = "visibility.bits"
	settingCovered = "visibility.covered"
)

// coverChunk is how many rows are looked at, and changed, at a time.
const coverChunk = 500

// UseVisibility puts rules in force, before anybody reads. Entities that do
// not carry their bits yet are brought up to them, in short transactions;
// several copies of the server may do that at once.
func (s *Store) UseVisibility(ctx context.Context, rules *access.Visibility) error {
	var bits map[string]int
	err := s.Write(ctx, func(t tx.Tx) (err error) {
		bits, err = s.visibilityBits(ctx, t, rules.Keys())
		return err
	})
	if err != nil {
		return fmt.Errorf("visibility rules: %w", err)
	}
	s.hidden.rules.Store(rules.WithBits(bits))
	return s.CoverEntities(ctx)
}

// visibilityBits returns the bit of each key. A key keeps its bit while there
// are free ones, so that copies of the server that still have other rules
// never take one rule's bit for another's.
func (s *Store) visibilityBits(ctx context.Context, t tx.Tx, keys []string) (map[string]int, error) {
	bits := map[string]int{}
	text, err := s.lockedSetting(ctx, t, settingBits)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &bits)
	}
	if err != nil || !slices.ContainsFunc(keys, func(k string) bool { _, ok := bits[k]; return !ok }) {
		return bits, err
	}
	used := slices.Collect(maps.Values(bits))
	for _, k := range keys {
		if _, ok := bits[k]; ok {
			continue
		}
		bit, ok := freeBit(used)
		if !ok {
			maps.DeleteFunc(bits, func(k string, _ int) bool { return !slices.Contains(keys, k) })
			used = slices.Collect(maps.Values(bits))
			if bit, ok = freeBit(used); !ok {
				return nil, errors.New("there are too many")
			}
		}
		bits[k], used = bit, append(used, bit)
	}
	enc, err := json.Marshal(bits)
	if err != nil {
		return nil, err
	}
	return bits, s.PutSetting(ctx, t, settingBits, string(enc))
}

func freeBit(used []int) (int, bool) {
	for bit := range config.MaxVisibility {
		if !slices.Contains(used, bit) {
			return bit, true
		}
	}
	return 0, false
}

// lockedSetting reads a setting that no other transaction changes until t ends.
func (s *Store) lockedSetting(ctx context.Context, t tx.Tx, key string) (string, error) {
	var value string
	err := s.txRow(ctx, t, `
		INSERT INTO settings (key, value) VALUES (?, '')
		ON CONFLICT (key) DO UPDATE SET value = settings.value
		RETURNING value`, key).Scan(&value)
	return value, err
}

// CoverEntities gives the entities and tombstones that were written since the
// last time, or all when the rules have changed, the bits of the rules. It
// does nothing when all are right.
func (s *Store) CoverEntities(ctx context.Context) error {
	var now int64
	if err := s.row(ctx, `SELECT generation FROM catalog_generations WHERE id = 1`).Scan(&now); err != nil {
		return err
	}
	was, err := s.Setting(ctx, access.System("visibility"), settingCovered)
	if err != nil {
		return err
	}
	rules := s.hidden.rules.Load().Fingerprint()
	since := int64(0)
	if held, at, ok := strings.Cut(was, " "); ok && held == rules {
		since, _ = strconv.ParseInt(at, 10, 64) // nought: all are looked at
	} else if rules == "" && was == "" {
		return nil // there never were rules
	}
	if since == now && now > 0 {
		return nil
	}
	reads := []coverRows{s.entityFacts, s.tombstoneFacts}
	if since == 0 { // a problem has no generation
		reads = append(reads, s.problemFacts)
	}
	for _, rows := range reads {
		if err := s.cover(ctx, rows, since); err != nil {
			return fmt.Errorf("visibility rules: %w", err)
		}
	}
	return s.Write(ctx, func(t tx.Tx) error {
		return s.PutSetting(ctx, t, settingCovered, rules+" "+strconv.FormatInt(now, 10))
	})
}

// coverRows reads rows after a key, with the bits they carry and should carry,
// and says how such rows are changed: the bits, a generation, then keys.
type coverRows func(ctx context.Context, since int64, after string) (update string, rows []coverRow, err error)

type coverRow struct {
	key       string
	has, want int64
}

func (s *Store) cover(ctx context.Context, read coverRows, since int64) error {
	for after := ""; ; {
		update, rows, err := read(ctx, since, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].key
		wrong := map[int64][]string{}
		for _, r := range rows {
			if r.has != r.want {
				wrong[r.want] = append(wrong[r.want], r.key)
			}
		}
		if len(wrong) == 0 {
			continue
		}
		err = s.Write(ctx, func(t tx.Tx) error {
			generation, err := s.nextGeneration(ctx, t)
			for bits, keys := range wrong { // as many as there are sets of rules
				if err == nil {
					_, err = s.exec(ctx, t, update+` (`+marks(len(keys))+`)`, append([]any{bits, generation}, anys(keys)...)...)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
}

func (s *Store) entityFacts(ctx context.Context, since int64, after string) (string, []coverRow, error) {
	rules := s.hidden.rules.Load()
	rows, err := s.query(ctx, `
		SELECT ref, owner, tags, hidden_by
		FROM entities
		WHERE ref > ? AND generation > ?
		ORDER BY ref
		LIMIT ?`, after, since, coverChunk)
	list, err := collect(rows, err, func(r scanner) (coverRow, error) {
		var c coverRow
		var owner, tags string
		if err := r.Scan(&c.key, &owner, &tags, &c.has); err != nil {
			return c, err
		}
		ref := splitRef(c.key)
		f := access.Facts{Kind: ref.Kind, Namespace: ref.Namespace, Owner: owner}
		err := json.Unmarshal([]byte(tags), &f.Tags)
		c.want = rules.Covers(f)
		return c, err
	})
	return `UPDATE entities SET hidden_by = ?, generation = ? WHERE ref IN`, list, err
}

func (s *Store) tombstoneFacts(ctx context.Context, since int64, after string) (string, []coverRow, error) {
	rows, err := s.query(ctx, `
		SELECT ref, body, hidden_by
		FROM tombstones
		WHERE ref > ? AND generation > ?
		ORDER BY ref
		LIMIT ?`, after, since, coverChunk)
	list, err := collect(rows, err, func(r scanner) (coverRow, error) {
		var c coverRow
		var body string
		if err := r.Scan(&c.key, &body, &c.has); err != nil {
			return c, err
		}
		e, err := catalog.Decode([]byte(body))
		e.Ref = splitRef(c.key)
		c.want = s.coveredBy(e)
		return c, err
	})
	return `UPDATE tombstones SET hidden_by = ?, generation = ? WHERE ref IN`, list, err
}

func (s *Store) problemFacts(ctx context.Context, _ int64, after string) (string, []coverRow, error) {
	rows, err := s.query(ctx, `
		SELECT id, entity, owner, tags, hidden_by
		FROM catalog_problems
		WHERE id > ?
		ORDER BY id
		LIMIT ?`, after, coverChunk)
	list, err := collect(rows, err, func(r scanner) (coverRow, error) {
		var c coverRow
		var entity, owner, tags string
		if err := r.Scan(&c.key, &entity, &owner, &tags, &c.has); err != nil {
			return c, err
		}
		var list []string
		err := json.Unmarshal([]byte(tags), &list)
		c.want = s.coveredProblem(entity, owner, list)
		return c, err
	})
	// A problem has no generation: the comparison takes the argument.
	return `UPDATE catalog_problems SET hidden_by = ? WHERE CAST(? AS BIGINT) > 0 AND id IN`, list, err
}

// VisibilityCounts returns how many entities each rule covers, in the order of
// the rules; none for those from whom something is hidden.
func (s *Store) VisibilityCounts(ctx context.Context, v access.Viewer) ([]int, error) {
	rules := s.hidden.rules.Load()
	if s.hiddenFrom(v) != 0 {
		return nil, nil
	}
	list, err := s.entityList(ctx)
	if err != nil {
		return nil, err
	}
	return rules.Count(list.covered()), nil
}
