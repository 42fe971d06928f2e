package ui

import "github.com/a-h/templ"

// Sort is how a column is sorted now.
type Sort int

// The ways a column may be sorted.
const (
	Unsorted Sort = iota
	Ascending
	Descending
)

// Column is the head of a column.
type Column struct {
	Text    string
	Hidden  bool // the head is for assistive technology only
	Numeric bool
	Sort    Sort
	// SortHref sorts by this column; empty when it cannot be sorted by.
	SortHref string
}

// Cell is text, or anything else.
type Cell struct {
	Text    string
	Href    string          // makes Text a link
	Content templ.Component // instead of Text
	Strong  bool
}

// Text is a plain cell.
func Text(s string) Cell { return Cell{Text: s} }

// Content is a cell that holds a component.
func Content(c templ.Component) Cell { return Cell{Content: c} }

// Row is a line of a table. The first cell heads the line.
type Row struct {
	ID    string // target of a link; may be empty
	Cells []Cell
}

// TableData is a table. Every row has as many cells as there are columns.
type TableData struct {
	Caption       string
	CaptionHidden bool
	Columns       []Column
	Rows          []Row
	Empty         string // shown instead of rows when there is none
	Dense         bool
}

func (c Column) ariaSort() string {
	switch c.Sort {
	case Ascending:
		return "ascending"
	case Descending:
		return "descending"
	}
	return "none"
}

func (c Column) icon() Icon {
	switch c.Sort {
	case Ascending:
		return IconSortUp
	case Descending:
		return IconSortDown
	}
	return IconSortBoth
}

// column is the i-th column; a row with too many cells loses none of them.
func (t TableData) column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}
