package forge

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/diff"
	linediff "github.com/go-git/go-git/v5/utils/diff"
)

// maxLineDiff is the largest text that is compared line by line, in bytes.
const maxLineDiff = 1 << 20

// Diff is what the change does to its file, as a page shows it.
func (c Change) Diff() FileDiff {
	d := FileDiff{Path: c.Path, Created: c.New, Deleted: c.Delete, Binary: isBinary(c.Was) || isBinary(c.Data)}
	if d.Binary || len(c.Was)+len(c.Data) > maxLineDiff {
		d.Cut = !d.Binary
		return d
	}
	p := &linePatch{change: c}
	for _, x := range linediff.Do(string(c.Was), string(c.Data)) {
		op := diff.Equal
		n := lines(x.Text)
		switch { // an insertion is 1, a deletion -1
		case x.Type > 0:
			op, d.Add = diff.Add, d.Add+n
		case x.Type < 0:
			op, d.Del = diff.Delete, d.Del+n
		}
		p.chunks = append(p.chunks, chunk{x.Text, op})
	}
	d.Text = unified(p)
	return d
}

func isBinary(data []byte) bool {
	head := data[:min(len(data), 8000)]
	return bytes.IndexByte(head, 0) >= 0 || len(data) < 8000 && !utf8.Valid(data)
}

func lines(s string) int {
	n := bytes.Count([]byte(s), []byte("\n"))
	if s != "" && s[len(s)-1] != '\n' {
		n++
	}
	return n
}

// linePatch is a change as the encoder of diffs wants it.
type linePatch struct {
	change Change
	chunks []diff.Chunk
}

// IsBinary implements diff.FilePatch.
func (p *linePatch) IsBinary() bool { return false }

// Chunks implements diff.FilePatch.
func (p *linePatch) Chunks() []diff.Chunk { return p.chunks }

// Files implements diff.FilePatch.
func (p *linePatch) Files() (from, to diff.File) {
	if !p.change.New {
		from = lineFile{p.change.Path, p.change.Was}
	}
	if !p.change.Delete {
		to = lineFile{p.change.Path, p.change.Data}
	}
	return from, to
}

type lineFile struct {
	path string
	data []byte
}

func (f lineFile) Hash() plumbing.Hash     { return plumbing.ComputeHash(plumbing.BlobObject, f.data) }
func (f lineFile) Mode() filemode.FileMode { return filemode.Regular }
func (f lineFile) Path() string            { return f.path }

type chunk struct {
	text string
	op   diff.Operation
}

func (c chunk) Content() string      { return c.text }
func (c chunk) Type() diff.Operation { return c.op }
