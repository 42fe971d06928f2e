package postgres

import (
	"strings"
	"sync"
)

// rebinder writes ?1, ?2 … as $1, $2 … and remembers what it wrote. The
// statements of a program are few and fixed, so it forgets nothing.
type rebinder struct{ known sync.Map } // string to string

func (r *rebinder) rebind(query string) string {
	if v, ok := r.known.Load(query); ok {
		return v.(string)
	}
	out := Rebind(query)
	r.known.Store(query, out)
	return out
}

// Rebind writes each parameter ?N of a statement as $N. It leaves alone what
// stands in literals, quoted names and comments, and a question mark without a
// number, which is an operator of PostgreSQL.
func Rebind(query string) string {
	var b strings.Builder
	for i := 0; i < len(query); {
		if n := skip(query[i:]); n > 0 {
			b.WriteString(query[i : i+n])
			i += n
			continue
		}
		if query[i] == '?' && i+1 < len(query) && digit(query[i+1]) {
			b.WriteByte('$')
		} else {
			b.WriteByte(query[i])
		}
		i++
	}
	return b.String()
}

// skip returns the length of the literal, quoted name or comment that begins
// here, 0 when none does. One that never ends reaches to the end.
func skip(s string) int {
	switch {
	case s[0] == '\'':
		return quoted(s, '\'')
	case s[0] == '"':
		return quoted(s, '"')
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i + 1
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		return comment(s)
	case s[0] == '$':
		return dollar(s)
	}
	return 0
}

// quoted is the length of a text in quotes; a doubled quote stands for itself.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// comment is the length of a comment; such comments nest.
func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// dollar is the length of a text between $tag$ and $tag$, 0 for a parameter.
func dollar(s string) int {
	end := 1
	for end < len(s) && s[end] != '$' {
		c := s[end]
		if c != '_' && !letter(c) && (end == 1 || !digit(c)) {
			return 0
		}
		end++
	}
	if end == len(s) {
		return 0
	}
	tag := s[:end+1]
	if i := strings.Index(s[len(tag):], tag); i >= 0 {
		return len(tag) + i + len(tag)
	}
	return len(s)
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 }
