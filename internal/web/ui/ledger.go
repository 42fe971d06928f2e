package ui

// Count is how many promises have a status.
type Count struct {
	Status Status
	N      int
}

// LedgerRow is something that promises are made for (a tenant, a profile), with how
// its promises stand.
type LedgerRow struct {
	Title  string
	Lang   string // of Title; empty when it is that of the page
	Href   string
	Kicker string // what kind of thing it is; may be empty
	Text   string
	Counts []Count
	// First is what demands attention before the rest; nil when nothing does.
	First *LedgerAlarm
}

// LedgerAlarm is the first promise of a row that somebody must look at.
type LedgerAlarm struct {
	Status  Status
	Promise Link
	Since   Moment // zero when it is not known
}

// tallyWidth is the length of a bar of counts in its own units, gap the white
// between two parts, sliver the least that can be seen.
const (
	tallyWidth  = 1000
	tallyGap    = 4
	tallySliver = 10
)

// bar is a part of a bar of counts.
type bar struct {
	Status   Status
	X, Width int
}

// bars cuts a bar in proportion to the counts, in their order. What is there at all
// is seen: one failing promise among a thousand has a sliver of its own.
func bars(list []Count) []bar {
	total, parts := 0, 0
	for _, c := range list {
		if c.N > 0 {
			total, parts = total+c.N, parts+1
		}
	}
	if parts == 0 {
		return nil
	}
	room := tallyWidth - (parts-1)*tallyGap - parts*tallySliver
	var out []bar
	x := 0
	for _, c := range list {
		if c.N <= 0 {
			continue
		}
		width := tallySliver + room*c.N/total
		if len(out) == parts-1 {
			width = tallyWidth - x // what rounding left
		}
		out = append(out, bar{c.Status, x, width})
		x += width + tallyGap
	}
	return out
}
