package store

// A text is looked for in a kept column block by block. Each block has a sign,
// which tells most blocks apart that cannot hold the text: a Bloom filter with
// one hash of the three-byte parts of its values.

const (
	signBits  = 512
	signBlock = 64 // values of a block
)

// sign is the filter of one block.
type sign [signBits / 64]uint64

// add puts the parts of a text into the filter.
func (s *sign) add(text []byte) {
	if len(text) < 3 {
		return
	}
	part := uint32(text[0])<<8 | uint32(text[1])
	for _, b := range text[2:] {
		part = part<<8&0xffffff | uint32(b)
		h := signHash(part)
		s[h>>6] |= 1 << (h & 63)
	}
}

// signHash spreads a part over the bits: the upper bits of a product with an
// odd constant, Knuth's multiplicative hashing.
func signHash(part uint32) uint32 { return part * 2654435761 >> 23 }

// signOf is the sign that a block must cover to hold term; a term of less than
// three bytes is covered by all.
func signOf(term string) (s sign) {
	s.add([]byte(term))
	return s
}

// covers reports whether all bits of o are in s.
func (s *sign) covers(o sign) bool {
	for i, w := range o {
		if w&^s[i] != 0 {
			return false
		}
	}
	return true
}
