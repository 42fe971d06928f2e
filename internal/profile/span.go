package profile

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"garant.example/internal/clock"
)

// ErrSpan is returned by ParseSpan when a text is not a whole number followed by
// ms, s, min, h, d or mo.
var ErrSpan = errors.New("profile: not a span of time")

// Span is a length of time as profiles write it: calendar months, or elapsed
// time, never both.
type Span struct {
	Months  int
	Elapsed time.Duration
}

const (
	day     = 24 * time.Hour
	maxSpan = 100 * 366 * day // a longer figure is a slip of the pen
)

// ParseSpan reads "30min", "1h", "31d", "25mo", "5s" or "300ms".
func ParseSpan(s string) (Span, error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	n, err := strconv.ParseInt(s[:digits], 10, 32)
	if err != nil {
		return Span{}, ErrSpan
	}
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "min": time.Minute, "h": time.Hour, "d": day}
	unit := s[digits:]
	if unit == "mo" {
		if n > 1200 {
			return Span{}, ErrSpan
		}
		return Span{Months: int(n)}, nil
	}
	step, ok := units[unit]
	if !ok || n > int64(maxSpan/step) {
		return Span{}, ErrSpan
	}
	return Span{Elapsed: time.Duration(n) * step}, nil
}

// IsZero says whether the span has no length.
func (s Span) IsZero() bool { return s == Span{} }

// After returns the moment one span later.
func (s Span) After(t time.Time) time.Time { return clock.AddMonths(t, s.Months).Add(s.Elapsed) }

// Before returns the moment one span earlier.
func (s Span) Before(t time.Time) time.Time { return clock.AddMonths(t, -s.Months).Add(-s.Elapsed) }

// Times returns n spans as one.
func (s Span) Times(n int) Span { return Span{s.Months * n, s.Elapsed * time.Duration(n)} }

// atMost is the longest the span can take, for comparing spans of different units.
func (s Span) atMost() time.Duration { return time.Duration(s.Months)*31*day + s.Elapsed }

// String writes the span in the largest unit that gives a whole number.
func (s Span) String() string {
	if s.Months != 0 {
		return strconv.Itoa(s.Months) + "mo"
	}
	for _, u := range []struct {
		name string
		step time.Duration
	}{{"d", day}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		if s.Elapsed%u.step == 0 && (s.Elapsed != 0 || u.name == "s") {
			return strconv.FormatInt(int64(s.Elapsed/u.step), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s.Elapsed/time.Millisecond), 10) + "ms"
}
