package ui

// Promise is a sentence that is checked, with what was found.
type Promise struct {
	ID        string // anchor on the page
	Reference string // "CE-BAK-03"
	Title     string
	Href      string // the page of this promise alone; makes Title a link; may be empty
	Sentence  string
	Status    Status
	// Note explains a status that is not kept: the reason and the end of an
	// exception, the date of a withdrawal, what failed.
	Note string
	// Limit says what no machine can hold, when that is so.
	Limit    string
	Measured Moment // zero: never
	Figures  []KeyValue
	How      string // how it is checked, in a sentence or two
	History  History
	Evidence Link
	// Command lets anyone check by themselves.
	Command string
	// Level is the level of the card's heading; 0 is 3.
	Level int
}

// History is past results, oldest first.
type History struct {
	Title  string
	Desc   string // what a reader who cannot see the strip should know
	From   string // words under the left end
	To     string // words under the right end
	Points []Point
}

// Point is one result.
type Point struct {
	Status Status
	When   string
	Text   string // "14 daily, 12 monthly"; may be empty
}

// The strip of history, in its own units.
const (
	stripStep   = 8
	stripBar    = 6
	stripHeight = 32
)

func (h History) viewBox() string {
	return "0 0 " + itoa(max(len(h.Points)*stripStep-(stripStep-stripBar), 1)) + " " + itoa(stripHeight)
}

// width keeps bars of one size whatever their number; narrow screens shrink it.
func (h History) width() string { return itoa(max(len(h.Points)*stripStep, 1)) }

// barHeight tells a status by height as well as by colour: kept is whole, what
// is not known is a stub.
func (s Status) barHeight() int {
	switch s {
	case Kept:
		return stripHeight
	case Failing:
		return 20
	case Stale, Exception:
		return 14
	}
	return 6
}

// Area is a row of the map of promises.
type Area struct {
	Name     string
	Href     string // may be empty
	Promises []MapCell
}

// MapCell is one promise on the map.
type MapCell struct {
	Reference string
	Title     string
	Status    Status
	Href      string
}

// Map is the map of promises.
type Map struct {
	ID    string // unique on the page
	Title string
	Desc  string
	Areas []Area
}

// count is how many promises of the map have a status.
func (m Map) count(s Status) int {
	n := 0
	for _, a := range m.Areas {
		n += a.count(s)
	}
	return n
}

func (a Area) count(s Status) int {
	n := 0
	for _, c := range a.Promises {
		if c.Status == s {
			n++
		}
	}
	return n
}

// kept is how many of the area's promises are kept, of how many.
func (a Area) kept() string {
	return itoa(a.count(Kept)) + " / " + itoa(len(a.Promises))
}

func (c MapCell) label(l Lang) string {
	return c.Reference + ", " + c.Title + l.words().Colon + c.Status.Word(l)
}

// table is the same data for those who would rather read than look.
func (m Map) table(l Lang) TableData {
	w := l.words()
	t := TableData{Caption: m.Title, Dense: true, Columns: []Column{
		{Text: w.Reference}, {Text: w.Area}, {Text: w.Promise}, {Text: w.State},
	}}
	for _, a := range m.Areas {
		for _, c := range a.Promises {
			t.Rows = append(t.Rows, Row{Cells: []Cell{
				{Text: c.Reference, Href: c.Href}, Text(a.Name), Text(c.Title), Content(StatusBadge(l, c.Status)),
			}})
		}
	}
	return t
}
