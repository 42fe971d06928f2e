package i18n

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// months[0] is January.
func months(lang string) [12]string {
	if lang == French {
		return [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet",
			"août", "septembre", "octobre", "novembre", "décembre"}
	}
	return [12]string{"January", "February", "March", "April", "May", "June", "July",
		"August", "September", "October", "November", "December"}
}

// Date writes "22 novembre 2026", "1er mars 2026", "22 November 2026".
// The zero time is an empty string.
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	day := strconv.Itoa(t.Day())
	if p.lang == French && t.Day() == 1 {
		day = "1er"
	}
	return day + nbsp + months(p.lang)[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Time writes "6 h 04" or "06:04".
func (p *Printer) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	if p.lang == French {
		return fmt.Sprintf("%d"+nbsp+"h"+nbsp+"%02d", t.Hour(), t.Minute())
	}
	return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute())
}

// DateTime writes "22 novembre 2026, 6 h 04" or "22 November 2026, 06:04".
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t) + ", " + p.Time(t)
}

// unit is a length of time and its signs.
type unit struct {
	length  time.Duration
	fr, en  string
	smaller int // index of the unit that may follow, or 0
}

func units() []unit {
	const day = 24 * time.Hour
	return []unit{
		{day, "j", "d", 1},
		{time.Hour, "h", "h", 2},
		{time.Minute, "min", "min", 3},
		{time.Second, "s", "s", 0},
		{time.Millisecond, "ms", "ms", 0},
		{time.Microsecond, "µs", "µs", 0},
	}
}

// Duration writes a length of time in its two largest units, cut off below:
// "3 j 4 h", "2 min 5 s", "41 s", "120 ms". It never rounds up.
func (p *Printer) Duration(d time.Duration) string {
	if d < 0 {
		return "−" + p.Duration(-d)
	}
	all := units()
	for _, u := range all {
		if d < u.length {
			continue
		}
		s := p.quantity(int64(d/u.length), u)
		if u.smaller == 0 {
			return s
		}
		if next := all[u.smaller]; d%u.length >= next.length {
			s += " " + p.quantity(int64(d%u.length/next.length), next)
		}
		return s
	}
	return p.quantity(0, all[3])
}

func (p *Printer) quantity(n int64, u unit) string {
	sign := u.en
	if p.lang == French {
		sign = u.fr
	}
	return p.Number(n) + nbsp + sign
}

// Number writes a whole number with its digits in groups of three:
// "12 345" (narrow unbreakable spaces) or "12,345".
func (p *Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	if digits, negative := strings.CutPrefix(s, "-"); negative {
		return "−" + p.group(digits)
	}
	return p.group(s)
}

// Decimal writes a number with at most so many decimals, without trailing
// zeros: "1 234,5" or "1,234.5".
func (p *Printer) Decimal(f float64, decimals int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(f), 'f', max(decimals, 0), 64)
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	out := p.group(whole)
	if fraction != "" {
		out += p.point() + fraction
	}
	if f < 0 && strings.Trim(whole+fraction, "0") != "" {
		out = "−" + out
	}
	return out
}

// Percent writes a ratio: Percent(0.9975, 2) is "99,75 %" or "99.75%". The
// caller rounds where a rule says which way (availability: always down).
func (p *Printer) Percent(ratio float64, decimals int) string {
	if p.lang == French {
		return p.Decimal(ratio*100, decimals) + nbsp + "%"
	}
	return p.Decimal(ratio*100, decimals) + "%"
}

// Bytes writes a size in decimal units with one decimal: "1,5 Mo", "1.5 MB".
func (p *Printer) Bytes(n int64) string {
	names := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	if p.lang == French {
		names = []string{"o", "ko", "Mo", "Go", "To", "Po", "Eo"}
	}
	f, i := float64(n), 0
	// 999.95 would be written as 1000.0: step up before it can be.
	for math.Abs(f) >= 999.95 && i < len(names)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 {
		return p.Number(n) + nbsp + names[0]
	}
	return p.Decimal(f, 1) + nbsp + names[i]
}

func (p *Printer) point() string {
	if p.lang == French {
		return ","
	}
	return "."
}

// group puts the language's mark between groups of three digits.
func (p *Printer) group(digits string) string {
	mark := ","
	if p.lang == French {
		mark = nnbsp
	}
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	first := len(digits) % 3
	if first == 0 {
		first = 3
	}
	b.WriteString(digits[:first])
	for i := first; i < len(digits); i += 3 {
		b.WriteString(mark)
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}
