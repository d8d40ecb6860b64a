package forge

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxUnpacked bounds what Unpack makes of a pack, in bytes.
const maxUnpacked = 200 << 20

// Pack makes one compressed block of files.
func Pack(files []File) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.Path, Mode: 0o644, Size: int64(len(f.Data)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		switch f.Mode {
		case Executable:
			h.Mode = 0o755
		case Symlink:
			h.Mode = 0o777 // its content is where it leads
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
		if _, err := w.Write(f.Data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Unpack reads what Pack made.
func Unpack(block []byte) ([]File, error) {
	z, err := gzip.NewReader(bytes.NewReader(block))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	r := tar.NewReader(io.LimitReader(z, maxUnpacked))
	var out []File
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		f := File{Path: h.Name}
		switch h.Mode {
		case 0o755:
			f.Mode = Executable
		case 0o777:
			f.Mode = Symlink
		}
		if f.Data, err = io.ReadAll(r); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", h.Name, err)
		}
		out = append(out, f)
	}
}

// EntriesOf lists files as a repository would.
func EntriesOf(files []File) []Entry {
	out := make([]Entry, len(files))
	for i, f := range files {
		out[i] = Entry{Path: f.Path, Mode: f.Mode, Hash: BlobHash(f.Data), Size: int64(len(f.Data))}
	}
	return out
}

// PackEntries makes one compressed block of a listing.
func PackEntries(list []Entry) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(list), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// UnpackEntries reads what PackEntries made.
func UnpackEntries(block []byte) ([]Entry, error) {
	z, err := gzip.NewReader(bytes.NewReader(block))
	if err != nil {
		return nil, fmt.Errorf("unpack listing: %w", err)
	}
	var out []Entry
	if err := json.NewDecoder(io.LimitReader(z, maxUnpacked)).Decode(&out); err != nil {
		return nil, fmt.Errorf("unpack listing: %w", err)
	}
	return out, nil
}
