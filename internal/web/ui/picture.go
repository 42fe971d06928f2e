package ui

// DayKind is what a day of the calendar holds.
type DayKind string

// The kinds of day. Each has its own look beside its colour.
const (
	DayNone       DayKind = "none"       // nothing to go back to
	DayContinuous DayKind = "continuous" // any moment of it
	DayDaily      DayKind = "daily"      // a daily set
	DayMonthly    DayKind = "monthly"    // a monthly set
	DayMissing    DayKind = "missing"    // a set was due and is not there
)

// Calendar shows to which moments one can go back.
type Calendar struct {
	ID     string // unique on the page
	Title  string
	Desc   string
	Legend []DayLegend
	Months []Month
}

// DayLegend names a kind of day.
type DayLegend struct {
	Kind DayKind
	Text string
}

// Month is a page of the calendar.
type Month struct {
	Name     string
	Weekdays []Weekday // seven, in the order of the language
	Blank    int       // empty places before the first day
	Days     []CalendarDay
}

// Weekday is a column of the calendar.
type Weekday struct{ Short, Long string }

// CalendarDay is a day. Label says in words what it holds.
type CalendarDay struct {
	Number string
	Kind   DayKind
	Label  string
	Href   string // leads to restoring; may be empty
	Today  bool
}

// weeks cuts the days into rows of seven; an empty Number is a blank.
func (m Month) weeks() [][]CalendarDay {
	const week = 7
	cells := make([]CalendarDay, m.Blank, m.Blank+len(m.Days)+week)
	cells = append(cells, m.Days...)
	for len(cells)%week != 0 {
		cells = append(cells, CalendarDay{})
	}
	rows := make([][]CalendarDay, 0, len(cells)/week)
	for i := 0; i < len(cells); i += week {
		rows = append(rows, cells[i:i+week])
	}
	return rows
}

// Stage is a step in the life of a record.
type Stage struct {
	Title string
	When  Moment
	Text  string
	State StageState
}

// StageState places a stage in time.
type StageState string

// The states of a stage.
const (
	StageDone StageState = "done"
	StageNow  StageState = "now"
	StageDue  StageState = "due"
)

func (s StageState) word(l Lang) string {
	switch s {
	case StageDone:
		return l.words().StageDone
	case StageNow:
		return l.words().StageNow
	}
	return l.words().StageDue
}
