package strength

import (
	"strings"

	"github.com/ccojocar/zxcvbn-go/match"
)

// shortestRun is how many characters make a run.
const shortestRun = 3

// rows are what fingers and minds run along, forwards or backwards: the rows of
// AZERTY and QWERTY keyboards, the columns of the latter, the keypad.
func rows() []string {
	return []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "azertyuiop", "qsdfghjklm", "wxcvbn",
		"qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "147258369", "&é\"'(-è_çà)=", "!@#$%^&*()_+"}
}

// runs finds runs along a row, and one character again and again.
func runs(s string) (matches []match.Match) {
	lower := strings.ToLower(s)
	for _, row := range rows() {
		row = Fold(row)
		for _, line := range []string{row, reversed(row)} {
			matches = append(matches, along(s, lower, line)...)
		}
	}
	for i := 0; i < len(lower); {
		j := i + 1
		for j < len(lower) && lower[j] == lower[i] {
			j++
		}
		if j-i >= shortestRun {
			matches = append(matches, pattern(s, i, j, bits(40)+bits(float64(j-i))))
		}
		i = j
	}
	return matches
}

// along finds the longest pieces of a line that stand in s. A run costs the choice
// of its line, where it begins, and how long it is.
func along(s, lower, line string) (matches []match.Match) {
	for i := 0; i < len(lower); i++ {
		best := 0
		for at := range line {
			n := 0
			for i+n < len(lower) && at+n < len(line) && lower[i+n] == line[at+n] {
				n++
			}
			best = max(best, n)
		}
		if best >= shortestRun {
			matches = append(matches, pattern(s, i, i+best, bits(float64(2*len(rows())))+bits(10)+bits(float64(best))))
			i += best - 2 // the next run may begin with this one's last character
		}
	}
	return matches
}

// repeats finds a piece of two characters or more that comes again at once: all but
// its first coming costs next to nothing.
func repeats(s string) (matches []match.Match) {
	lower := strings.ToLower(s)
	for size := 2; 2*size <= len(s); size++ {
		for i := 0; i+2*size <= len(s); i++ {
			end := i + size
			for end+size <= len(s) && lower[end:end+size] == lower[i:i+size] {
				end += size
			}
			if times := (end - i) / size; times > 1 {
				matches = append(matches, pattern(s, i+size, end, 1+bits(float64(times))))
			}
		}
	}
	return matches
}

// Figures of dates: years that people choose, and days of those years.
const (
	firstYear = 1900
	lastYear  = 2050
	days      = 365 * (lastYear - firstYear)
)

// dates finds years, and days written with or without separators in the usual
// orders.
func dates(s string) (matches []match.Match) {
	for i := range s {
		for j := i + 4; j <= min(len(s), i+10); j++ {
			digits := strings.Map(func(r rune) rune {
				if strings.ContainsRune("-/._ ", r) {
					return -1
				}
				return r
			}, s[i:j])
			switch {
			case strings.Trim(digits, "0123456789") != "" || s[i] < '0' || s[i] > '9' || s[j-1] < '0' || s[j-1] > '9':
			case len(digits) == 4 && j-i == 4 && isYear(digits):
				matches = append(matches, pattern(s, i, j, bits(lastYear-firstYear)))
			case len(digits) == 8 && isDay(digits):
				matches = append(matches, pattern(s, i, j, bits(days)+bits(3)))
			case len(digits) == 6 && (isShortDay(digits)):
				matches = append(matches, pattern(s, i, j, bits(days)+bits(3)))
			}
		}
	}
	return matches
}

func number(digits string) (n int) {
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}

func isYear(s string) bool { return number(s) >= firstYear && number(s) <= lastYear }

func isMonthDay(a, b string) bool {
	x, y := number(a), number(b)
	return x >= 1 && y >= 1 && (x <= 12 && y <= 31 || y <= 12 && x <= 31)
}

func isDay(s string) bool {
	return isYear(s[4:]) && isMonthDay(s[:2], s[2:4]) || isYear(s[:4]) && isMonthDay(s[4:6], s[6:])
}

func isShortDay(s string) bool { return isMonthDay(s[:2], s[2:4]) || isMonthDay(s[2:4], s[4:]) }

func pattern(s string, from, to int, entropy float64) match.Match {
	return match.Match{Pattern: string(Pattern), DictionaryName: "pattern", I: from, J: to - 1, Token: s[from:to], Entropy: entropy}
}
