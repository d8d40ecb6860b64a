// Package bitset is sets of small whole numbers, and how they are written: in
// chunks of 16,384 numbers, each a list while it is sparse and a bit map when
// it is not, or as one list when there are very few.
package bitset

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Set is a set of numbers from 0. The zero value is empty. It grows by Add and
// Or; other sets' lengths do not matter.
type Set []uint64

// Add puts id into the set. A negative one is ignored.
func (s *Set) Add(id int64) {
	if id < 0 {
		return
	}
	s.grow(int(id>>6) + 1)
	(*s)[id>>6] |= 1 << (id & 63)
}

// AddList puts ids into the set, which are not negative and in ascending order.
func (s *Set) AddList(ids []int64) {
	if len(ids) == 0 {
		return
	}
	s.grow(int(ids[len(ids)-1]>>6) + 1)
	for _, id := range ids {
		(*s)[id>>6] |= 1 << (id & 63)
	}
}

// Remove takes id out of the set.
func (s Set) Remove(id int64) {
	if w := id >> 6; id >= 0 && w < int64(len(s)) {
		s[w] &^= 1 << (id & 63)
	}
}

func (s *Set) grow(words int) {
	if n := words - len(*s); n > 0 {
		*s = append(*s, make([]uint64, n)...)
	}
}

// Has reports whether id is in the set.
func (s Set) Has(id int64) bool {
	w := id >> 6
	return id >= 0 && w < int64(len(s)) && s[w]&(1<<(id&63)) != 0
}

// Len is how many numbers are in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Clone returns a copy.
func (s Set) Clone() Set { return slices.Clone(s) }

// Or adds all of o.
func (s *Set) Or(o Set) {
	s.grow(len(o))
	for i, w := range o {
		(*s)[i] |= w
	}
}

// And returns what is in both, as a new set.
func (s Set) And(o Set) Set {
	out := make(Set, min(len(s), len(o)))
	for i := range out {
		out[i] = s[i] & o[i]
	}
	return out
}

// Minus returns what is in s and not in o, as a new set.
func (s Set) Minus(o Set) Set {
	out := s.Clone()
	for i := range min(len(s), len(o)) {
		out[i] &^= o[i]
	}
	return out
}

// AndLen is how many numbers are in both.
func (s Set) AndLen(o Set) int {
	n := 0
	for i := range min(len(s), len(o)) {
		n += bits.OnesCount64(s[i] & o[i])
	}
	return n
}

// All yields the numbers in ascending order.
func (s Set) All(yield func(int64) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(int64(i<<6 + bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}

// Backward yields the numbers in descending order.
func (s Set) Backward(yield func(int64) bool) {
	for i := len(s) - 1; i >= 0; i-- {
		for w := s[i]; w != 0; {
			b := 63 - bits.LeadingZeros64(w)
			if !yield(int64(i<<6 + b)) {
				return
			}
			w &^= 1 << b
		}
	}
}

// The size of a chunk.
const (
	ChunkBits  = 14
	chunkWords = 1 << (ChunkBits - 6)
	chunkBytes = chunkWords * 8
)

// Chunk is the numbers of one chunk, less the chunk's first.
type Chunk [chunkWords]uint64

// ChunkOf returns the chunk of a number.
func ChunkOf(id int64) int64 { return id >> ChunkBits }

// Set puts id in or takes it out.
func (c *Chunk) Set(id int64, in bool) {
	at := id & (1<<ChunkBits - 1)
	if in {
		c[at>>6] |= 1 << (at & 63)
	} else {
		c[at>>6] &^= 1 << (at & 63)
	}
}

// Encode writes the chunk; an empty one is nil.
func (c *Chunk) Encode() []byte {
	n := Set(c[:]).Len()
	if n == 0 {
		return nil
	}
	if 2*n >= chunkBytes {
		out := make([]byte, 0, chunkBytes)
		for _, w := range c {
			out = binary.LittleEndian.AppendUint64(out, w)
		}
		return out
	}
	out := make([]byte, 0, 2*n)
	for at := range Set(c[:]).All {
		out = binary.LittleEndian.AppendUint16(out, uint16(at))
	}
	return out
}

// DecodeChunk reads what Encode wrote.
func DecodeChunk(data []byte) *Chunk {
	var c Chunk
	c.or(data)
	return &c
}

func (c *Chunk) or(data []byte) {
	if len(data) == chunkBytes {
		for i := range c {
			c[i] |= binary.LittleEndian.Uint64(data[8*i:])
		}
		return
	}
	for ; len(data) >= 2; data = data[2:] {
		c.Set(int64(binary.LittleEndian.Uint16(data)), true)
	}
}

// OrChunk adds an encoded chunk to s.
func (s *Set) OrChunk(chunk int64, data []byte) {
	if chunk < 0 {
		return
	}
	first := int(chunk) * chunkWords
	s.grow(first + chunkWords)
	(*Chunk)((*s)[first:]).or(data)
}

// EncodeList writes ascending numbers, for few of them.
func EncodeList(ids []int64) []byte {
	out := make([]byte, 0, 3*len(ids))
	last := int64(0)
	for _, id := range ids {
		out = binary.AppendUvarint(out, uint64(id-last))
		last = id
	}
	return out
}

// DecodeList reads what EncodeList wrote, appended to dst.
func DecodeList(dst []int64, data []byte) []int64 {
	last := int64(0)
	for len(data) > 0 {
		d, n := binary.Uvarint(data)
		if n <= 0 {
			break
		}
		data = data[n:]
		last += int64(d)
		dst = append(dst, last)
	}
	return dst
}
