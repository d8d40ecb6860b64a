package handlers

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/workshopview"
)

// bench is what lies in the workshop in one request.
type bench struct {
	h        *Workshop
	c        echo.Context
	begun    string // reference of the template that was opened
	sent     url.Values
	text     string
	files    []scaffold.DryRunFile
	folder   string
	values   map[string]any
	secrets  map[string]string
	previous []scaffold.DryRunFile
	compared bool // with the try before
	got      *scaffold.Attempted
}

// read takes the form: source, files, uploads and values.
func (b *bench) read() error {
	sent, err := b.c.FormParams()
	if err != nil {
		b.sent = url.Values{}
		return badForm(err)
	}
	b.sent, b.text, b.folder = sent, newlines(sent.Get("text")), strings.Trim(sent.Get("folder"), "/ ")
	head, files, err := scaffold.Unbundle(newlines(sent.Get("files")))
	if err != nil {
		return err
	}
	if strings.TrimSpace(head) != "" {
		return fault.New(fault.Invalid, "Before the first file there must be a line with its path, such as -- skeleton/README.md --.")
	}
	b.files = files
	if err := b.uploads(); err != nil {
		return err
	}
	b.previous, b.compared = unpack(sent.Get("previous"))
	return b.readValues()
}

// newlines undoes what browsers do to line breaks of text areas.
func newlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// uploads adds files that were sent beside the text.
func (b *bench) uploads() error {
	f := b.c.Request().MultipartForm
	if f == nil {
		return nil
	}
	left := int64(scaffold.MaxSent)
	for _, h := range f.File["upload"] {
		if h.Size == 0 && h.Filename == "" {
			continue
		}
		if left -= h.Size; left < 0 {
			return tooMuch()
		}
		data, err := readUpload(h)
		if err != nil {
			return err
		}
		if strings.HasSuffix(strings.ToLower(h.Filename), ".zip") {
			if err := b.unzip(h.Filename, data); err != nil {
				return err
			}
			continue
		}
		b.put(scaffold.DryRunFile{Path: path.Join(b.folder, uploadName(h)), Data: data})
	}
	return nil
}

func tooMuch() error {
	return fault.Newf(fault.TooLarge, "A template and its files may have %d MB.", scaffold.MaxSent>>20)
}

func readUpload(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// uploadName is the path that a browser sends for files of a folder.
func uploadName(h *multipart.FileHeader) string {
	_, params, err := mime.ParseMediaType(h.Header.Get("Content-Disposition"))
	if err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return h.Filename
}

// unzip adds the files of an archive.
func (b *bench) unzip(name string, data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fault.Newf(fault.Invalid, "%.100s is not a zip archive.", name)
	}
	left := int64(scaffold.MaxSent)
	for _, f := range z.File {
		if !f.Mode().IsRegular() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return fault.Newf(fault.Invalid, "%.100s in %.100s cannot be read.", f.Name, name)
		}
		body, err := io.ReadAll(io.LimitReader(r, left+1)) // what the archive says of sizes is not believed
		r.Close()
		if err != nil {
			return fault.Newf(fault.Invalid, "%.100s in %.100s cannot be read.", f.Name, name)
		}
		if left -= int64(len(body)); left < 0 {
			return tooMuch()
		}
		b.put(scaffold.DryRunFile{Path: path.Join(b.folder, f.Name), Data: body, Executable: f.Mode()&0o111 != 0})
	}
	return nil
}

// put adds a file or replaces the one of its path.
func (b *bench) put(f scaffold.DryRunFile) {
	if i := slices.IndexFunc(b.files, func(x scaffold.DryRunFile) bool { return x.Path == f.Path }); i >= 0 {
		b.files[i] = f
		return
	}
	b.files = append(b.files, f)
}

// readValues reads the values from JSON, or from the form that the template's
// parameters draw.
func (b *bench) readValues() error {
	b.values, b.secrets = map[string]any{}, map[string]string{}
	if raw := strings.TrimSpace(b.sent.Get("json")); raw != "" {
		if err := json.Unmarshal([]byte(raw), &b.values); err != nil {
			return fault.New(fault.Invalid, "The values are not a JSON object.").Because(err)
		}
		return nil
	}
	for _, s := range b.schemas() {
		r := s.Read(b.sent, valuesPrefix, b.values)
		maps.Copy(b.values, r.Values)
		maps.Copy(b.secrets, r.Secrets)
	}
	return nil
}

// schemas are the pages of the form; none while the template cannot be read.
func (b *bench) schemas() []*form.Schema {
	t, err := scaffold.Parse([]byte(b.text), "template.yaml", nil)
	if err != nil {
		return nil
	}
	var out []*form.Schema
	for _, p := range t.Pages {
		if s, err := p.Form(); err == nil {
			out = append(out, s)
		}
	}
	return out
}

func (b *bench) attempt() scaffold.Attempt {
	return scaffold.Attempt{Text: b.text, Files: b.files, Values: b.values, Secrets: b.secrets}
}

// maxPrevious bounds what a page carries of a try to compare the next with.
const maxPrevious = 512 << 10

// pack is files as a hidden field carries them; nothing when they are many.
func pack(files []scaffold.DryRunFile) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if json.NewEncoder(z).Encode(files) != nil || z.Close() != nil || b.Len() > maxPrevious {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// unpack reads what pack wrote. It came from the browser: what cannot be read
// is nothing, and it is shown to the one who sent it only.
func unpack(s string) ([]scaffold.DryRunFile, bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw) == 0 || len(raw) > maxPrevious {
		return nil, false
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, false
	}
	var out []scaffold.DryRunFile
	if json.NewDecoder(io.LimitReader(z, 4*scaffold.MaxSent)).Decode(&out) != nil {
		return nil, false
	}
	return out, true
}

// page shows the workshop; refused is why nothing was tried.
func (b *bench) page(status int, refused error) error {
	p := workshopview.Props{Text: b.text, Folder: b.folder, Files: scaffold.Bundle("", b.files), JSON: b.sent.Get("json"), Case: b.sent.Get("case"),
		Previous: b.sent.Get("previous")}
	p.TextRows, p.FilesRows = rowsFor(p.Text), rowsFor(p.Files)
	if refused != nil {
		var f *fault.Error
		if !errors.As(refused, &f) {
			return refused
		}
		p.Refused = f.Public
		if p.Files == "" && b.sent != nil {
			p.Files = b.sent.Get("files")
		}
	}
	var err error
	if p.Begin, err = b.choices(); err != nil {
		return err
	}
	if p.Fields, p.NoForm, err = b.fields(); err != nil {
		return err
	}
	if b.got != nil {
		r, err := b.result()
		if err != nil {
			return err
		}
		p.Result, p.Previous = &r, pack(b.got.Files)
	}
	m := createMeta("Workshop")
	m.Status = status
	return respond.Page(b.c, m, workshopview.Page(p))
}

func rowsFor(text string) int { return min(max(strings.Count(text, "\n")+2, 12), 40) }

// fields draws the form of the template's parameters.
func (b *bench) fields() (out []form.Field, why string, err error) {
	t, err := scaffold.Parse([]byte(b.text), "template.yaml", nil)
	if err != nil {
		return nil, "The template cannot be read: " + scaffold.Said(err), nil
	}
	var faults []fault.Field
	if b.got != nil {
		for _, f := range b.got.Flaws {
			if strings.HasPrefix(f.Field, valuesPrefix+".") {
				faults = append(faults, fault.Field{Field: f.Field, Message: f.Message})
			}
		}
	}
	sent := b.sent
	if sent.Get("json") != "" || b.c.Request().Method == http.MethodGet {
		sent = nil
	}
	data, err := json.Marshal(b.values)
	if err != nil {
		return nil, "", err
	}
	for i, page := range t.Pages {
		s, err := page.Form()
		if err != nil {
			return nil, "Page " + string(rune('1'+min(i, 8))) + " of its parameters is at fault: " + err.Error() + ".", nil
		}
		f, err := s.Show(b.c.Request().Context(), form.Input{Prefix: valuesPrefix, Sent: sent, Data: data, Around: b.values, Faults: faults})
		if err != nil {
			return nil, "", err
		}
		out = append(out, f.Fields...)
	}
	return out, "", nil
}
