package ui

// Cursor is a page of a list that is read by opaque cursors: it knows what is
// before and after, not how many pages there are.
type Cursor struct {
	Label    string // names the list; empty is "Pages of results"
	Previous string // address; empty at the start
	Next     string // address; empty at the end
	Summary  string // "1 to 50 of 1,204"; may be empty
}

func (c Cursor) label(l Lang) string {
	if c.Label != "" {
		return c.Label
	}
	return l.words().Pages
}
