package casefile

import (
	"encoding/hex"

	"garant.example/internal/audit/leaf"
)

// Hex is bytes that are written in lower-case hexadecimal.
type Hex []byte

// MarshalText writes the digits.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads digits as MarshalText writes them.
func (h *Hex) UnmarshalText(b []byte) error {
	out := make([]byte, hex.DecodedLen(len(b)))
	if _, err := hex.Decode(out, b); err != nil || string(hex.AppendEncode(nil, out)) != string(b) {
		return leaf.ErrMalformed
	}
	*h = out
	return nil
}

// IsZero says whether there are no bytes.
func (h Hex) IsZero() bool { return len(h) == 0 }
