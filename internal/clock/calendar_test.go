package clock

import (
	"testing"
	"time"
)

func TestAddMonths(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 10, 30, 0, 0, time.UTC) }
	for _, c := range []struct {
		from time.Time
		n    int
		want time.Time
	}{
		{day(2026, 1, 31), 1, day(2026, 2, 28)}, {day(2028, 1, 31), 1, day(2028, 2, 29)}, {day(2026, 3, 31), -1, day(2026, 2, 28)},
		{day(2026, 5, 15), 25, day(2028, 6, 15)}, {day(2028, 2, 29), 12, day(2029, 2, 28)}, {day(2026, 12, 31), 0, day(2026, 12, 31)},
	} {
		if got := AddMonths(c.from, c.n); !got.Equal(c.want) {
			t.Errorf("%v and %d months: %v, want %v", c.from, c.n, got, c.want)
		}
	}
}
