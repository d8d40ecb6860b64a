package respond

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/fault"
)

// IsMultipart reports whether the request carries a form with files.
func IsMultipart(c echo.Context) bool {
	t, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	return err == nil && t == echo.MIMEMultipartForm
}

// maxField bounds a text field beside a file.
const maxField = 255

// Upload reads a form of one file and the named text fields as it comes in:
// the file goes through keep, which returns a name for it, and nothing of it
// stays in memory. name is what keep returned, file how the sender calls it;
// both are empty without a file. What was kept is named also beside an error.
func Upload(c echo.Context, keep func(io.Reader) (string, error), fields ...string) (name, file string, values map[string]string, err error) {
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return "", "", nil, fault.InvalidField("file", "contentType", "Send the file as multipart/form-data.").Because(err)
	}
	values = map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return name, file, values, nil
		}
		if err != nil {
			return name, file, values, err
		}
		switch {
		case p.FileName() != "" && name != "":
			return name, file, values, fault.InvalidField("file", "maxItems", "Send one file at a time.")
		case p.FileName() != "":
			if name, err = keep(p); err != nil {
				return name, file, values, err
			}
			file = p.FileName()
		case slices.Contains(fields, p.FormName()):
			if values[p.FormName()], err = field(p); err != nil {
				return name, file, values, err
			}
		}
	}
}

func field(p *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err == nil && len(b) > maxField {
		err = fault.InvalidField(p.FormName(), "maxLength", "This text is too long.")
	}
	return string(b), err
}

// Date reads a parameter that is a whole day, also when it is written as the
// day's first moment in UTC.
func Date(c echo.Context, name string, fallback time.Time) (time.Time, error) {
	s := c.QueryParam(name)
	if s == "" {
		return fallback, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if t = t.UTC(); err != nil || t.Year() < 1970 || t.Year() > 2200 || t != t.Truncate(24*time.Hour) {
		return t, fault.InvalidField(name, "format", "Give a whole day, such as 2026-10-01.")
	}
	return t, nil
}
