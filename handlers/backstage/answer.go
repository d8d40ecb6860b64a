package backstage

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // an entity tag tells versions apart; it protects nothing
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

const contentType = "application/json; charset=utf-8"

// answer sends a JSON text with 200, or 304 when the caller has it already.
func answer(c echo.Context, body []byte) error {
	h := c.Response().Header()
	sum := sha1.Sum(body) //nolint:gosec // see above
	tag := fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:]))
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Authorization, Cookie")
	if c.Request().Method != http.MethodPost && matchesTag(c.Request().Header.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, contentType, body)
}

// matchesTag compares weakly, as a GET may.
func matchesTag(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// answerJSON is answer for a value.
func answerJSON(c echo.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return answer(c, b)
}

// list writes texts of JSON as an array; an empty one is null.
func list(b *bytes.Buffer, items []json.RawMessage) {
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		if len(item) == 0 {
			item = json.RawMessage("null")
		}
		b.Write(item)
	}
	b.WriteByte(']')
}
