package ui

import "testing"

func TestBarsShowWhatIsThereAtAll(t *testing.T) {
	for _, list := range [][]Count{
		{{Failing, 1}, {Kept, 4000}},
		{{Failing, 1}, {Stale, 1}, {Unknown, 1}, {Exception, 1}, {Kept, 9000}, {Planned, 3}, {Withdrawn, 1}},
		{{Failing, 0}, {Kept, 7}},
	} {
		got := bars(list)
		there, end := 0, -tallyGap
		for _, c := range list {
			if c.N > 0 {
				there++
			}
		}
		if len(got) != there {
			t.Fatalf("%v: %d parts", list, len(got))
		}
		for _, b := range got {
			if b.X != end+tallyGap || b.Width < tallySliver {
				t.Errorf("%v: part %+v after %d", list, b, end)
			}
			end = b.X + b.Width
		}
		if end != tallyWidth {
			t.Errorf("%v: the bar ends at %d", list, end)
		}
	}
	if got := bars([]Count{{Kept, 0}}); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

func TestStatusesAreCountedInWords(t *testing.T) {
	for _, c := range []struct {
		status Status
		n      int
		fr, en string
	}{
		{Kept, 0, "tenue", "kept"}, {Kept, 1, "tenue", "kept"}, {Kept, 2, "tenues", "kept"}, {Failing, 5, "en défaut", "failing"},
		{Planned, 5, "à venir", "planned"}, {Stale, 2, "périmées", "stale"}, {Unknown, 2, "inconnues", "unknown"},
		{Exception, 1, "exception", "exception"}, {Exception, 2, "exceptions", "exceptions"}, {Withdrawn, 3, "retirées", "withdrawn"},
	} {
		if fr, en := c.status.Words(French, c.n), c.status.Words(English, c.n); fr != c.fr || en != c.en {
			t.Errorf("%d: %q, %q", c.n, fr, en)
		}
	}
}
