package identity

// The base 32 of Crockford in lower case, as package id writes ids, without
// padding. The standard library's decoder allocates, and takes characters beyond
// the last whole byte; this one is on the path of every request.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

func appendBase32(dst, src []byte) []byte {
	var acc uint32
	var bits uint
	for _, b := range src {
		acc, bits = acc<<8|uint32(b), bits+8
		for bits >= 5 {
			bits -= 5
			dst = append(dst, alphabet[acc>>bits&31])
		}
	}
	if bits > 0 {
		dst = append(dst, alphabet[acc<<(5-bits)&31])
	}
	return dst
}

// readBase32 fills dst with what s holds. It is false unless s is exactly what
// appendBase32 writes for dst.
func readBase32(dst []byte, s string) bool {
	if len(s) != (len(dst)*8+4)/5 {
		return false
	}
	var acc uint32
	var bits uint
	n := 0
	for i := range len(s) {
		v := digit(s[i])
		if v > 31 {
			return false
		}
		acc, bits = acc<<5|v, bits+5
		if bits >= 8 {
			bits -= 8
			dst[n] = byte(acc >> bits)
			n++
		}
	}
	return n == len(dst) && acc&(1<<bits-1) == 0
}

// digit is the value of a character; more than 31 for what is none. i, l, o and u
// are left out of the alphabet.
func digit(c byte) uint32 {
	switch {
	case c >= '0' && c <= '9':
		return uint32(c - '0')
	case c >= 'a' && c <= 'h':
		return uint32(c-'a') + 10
	case c == 'j' || c == 'k':
		return uint32(c-'j') + 18
	case c == 'm' || c == 'n':
		return uint32(c-'m') + 20
	case c >= 'p' && c <= 't':
		return uint32(c-'p') + 22
	case c >= 'v' && c <= 'z':
		return uint32(c-'v') + 27
	}
	return 32
}
