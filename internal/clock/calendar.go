package clock

import "time"

// AddMonths returns the moment n calendar months later, or earlier when n is
// negative. A month that lacks the day ends on its last one: 31 January and one month
// is the last day of February.
func AddMonths(t time.Time, n int) time.Time {
	if n == 0 {
		return t
	}
	moved := t.AddDate(0, n, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day()) // it ran over into the next month
	}
	return moved
}
