package backstage

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// place is what the cursor of GET /entities holds.
type place struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

// placeOf reads where a page of GET /entities begins; nil when all entities
// are asked for.
func placeOf(c echo.Context) (*place, error) {
	q := c.QueryParams()
	if after := q.Get("after"); after != "" {
		var p place
		text, err := base64.StdEncoding.DecodeString(after)
		if err != nil || json.Unmarshal(text, &p) != nil || p.Limit < 0 || p.Offset < 0 {
			return nil, invalid("Malformed after cursor, could not be parsed")
		}
		return &p, nil
	}
	if !q.Has("limit") && !q.Has("offset") {
		return nil, nil
	}
	return &place{Limit: numberOf(c, "limit", 0), Offset: numberOf(c, "offset", 0)}, nil
}

func (h *Handler) entities(c echo.Context) error {
	where, err := query.ParseFilters(params(c, "filter"))
	if err != nil {
		return err
	}
	order, err := query.ParseOrder(params(c, "order"))
	if err != nil {
		return err
	}
	fields, err := query.ParseFields(params(c, "fields"))
	if err != nil {
		return err
	}
	at, err := placeOf(c)
	if err != nil {
		return err
	}
	if at == nil {
		return h.stream(c, where, order, fields)
	}
	return h.page(c, query.Request{Where: where, Order: order, Limit: at.Limit, Offset: at.Offset}, fields)
}

// stream answers with all entities, one after the other as they are read, so
// that memory stays the same however many there are.
func (h *Handler) stream(c echo.Context, where query.Predicate, order []query.Order, fields query.Fields) error {
	return send(c, fields, func(each func(json.RawMessage) error) error {
		return h.Entities.StreamEntities(c.Request().Context(), respond.Viewer(c), where, order, each)
	})
}

// send answers with the entities that read comes upon, pruned, as an array.
func send(c echo.Context, fields query.Fields, read func(each func(json.RawMessage) error) error) error {
	w := bufio.NewWriterSize(&opening{c: c}, 32<<10)
	before := byte('[')
	err := read(func(raw json.RawMessage) error {
		pruned, err := fields.Prune(raw)
		if err != nil {
			return err
		}
		if err := w.WriteByte(before); err != nil {
			return err
		}
		before = ','
		_, err = w.Write(pruned)
		return err
	})
	if err != nil {
		return err // what was sent has no end, so nobody takes it for the whole
	}
	end := "]"
	if before == '[' {
		end = "[]"
	}
	if _, err := w.WriteString(end); err != nil {
		return err
	}
	return w.Flush()
}

// opening begins the answer with its first bytes, so that an error before
// them still has its own status.
type opening struct {
	c    echo.Context
	open bool
}

func (o *opening) Write(p []byte) (int, error) {
	if !o.open {
		o.open = true
		o.c.Response().Header().Set(echo.HeaderContentType, contentType)
		o.c.Response().WriteHeader(http.StatusOK)
	}
	return o.c.Response().Write(p)
}

// page answers with a part of the entities, and says where the next begins.
func (h *Handler) page(c echo.Context, r query.Request, fields query.Fields) error {
	if len(r.Order) == 0 {
		r.Order = []query.Order{{Field: query.ByRef}}
	}
	if r.Limit == 0 || r.Limit > query.MaxLimit {
		return h.longPage(c, r, fields)
	}
	p, err := h.Entities.QueryEntities(c.Request().Context(), respond.Viewer(c), r)
	if err != nil {
		return err
	}
	items, err := prune(p.Items, fields)
	if err != nil {
		return err
	}
	if p.Next != "" {
		if err := linkNext(c, place{Limit: r.Limit, Offset: r.Offset + r.Limit}); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	list(&b, items)
	return answer(c, b.Bytes())
}

// longPage is page for more entities than one query returns: no limit means
// all that come after the offset. It sends them as they are read.
func (h *Handler) longPage(c echo.Context, r query.Request, fields query.Fields) error {
	ctx, v, left := c.Request().Context(), respond.Viewer(c), r.Limit
	if left == 0 {
		left = math.MaxInt
	}
	count := r
	count.Limit, count.Total = 0, true
	p, err := h.Entities.QueryEntities(ctx, v, count)
	if err != nil {
		return err
	}
	if r.Limit > 0 && r.Offset+r.Limit < p.Total {
		if err := linkNext(c, place{Limit: r.Limit, Offset: r.Offset + r.Limit}); err != nil {
			return err
		}
	}
	return send(c, fields, func(each func(json.RawMessage) error) error {
		for left > 0 {
			r.Limit = min(left, 500)
			p, err := h.Entities.QueryEntities(ctx, v, r)
			if err != nil {
				return err
			}
			for _, item := range p.Items {
				if err := each(item); err != nil {
					return err
				}
			}
			if p.Next == "" {
				return nil
			}
			left -= len(p.Items)
			r = query.Request{Cursor: p.Next}
		}
		return nil
	})
}

// linkNext sends the address of the next page, without the prefix under which
// the API is mounted.
func linkNext(c echo.Context, next place) error {
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, values := range c.QueryParams() {
		q[name] = values
	}
	q.Del("offset")
	q.Set("after", base64.StdEncoding.EncodeToString(text))
	c.Response().Header().Set("Link", "</entities?"+q.Encode()+`>; rel="next"`)
	return nil
}

func prune(items []json.RawMessage, fields query.Fields) ([]json.RawMessage, error) {
	for i, item := range items {
		if len(item) == 0 {
			continue
		}
		pruned, err := fields.Prune(item)
		if err != nil {
			return nil, err
		}
		items[i] = pruned
	}
	return items, nil
}
