package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// KeyValue is a line of a list of facts.
type KeyValue struct {
	Key     string
	Value   string
	Content templ.Component // instead of Value
	Action  Link            // "Change"; may be empty
	// ActionFor completes the action for assistive technology ("the name").
	ActionFor string
}

// Mask is a value that the reader may not see, or not yet.
type Mask struct {
	Label  string // what is hidden ("bank account")
	Tail   string // last characters that may be shown; may be empty
	Reveal Link   // asks for the value, with a purpose; may be empty
}

// Code is a text for a machine.
type Code struct {
	Label string // names the block
	Text  string
	Shell bool // shows a prompt before each line
}

// Gauge is a part of a whole.
type Gauge struct {
	Label string
	Value float64
	Max   float64
	Text  string // "41 of 50"; always shown
	Tone  Tone
}

// noted says whether some figure has a note: then its name comes first.
func noted(list []Figure) bool {
	for _, f := range list {
		if f.Note != "" {
			return true
		}
	}
	return false
}

// gaugeWidth is the length of a gauge in its own units.
const gaugeWidth = 1000

func (g Gauge) filled() string {
	if g.Max <= 0 || g.Value <= 0 {
		return "0"
	}
	part := min(g.Value/g.Max, 1)
	// What is not nothing must be seen.
	return itoa(max(int(part*gaugeWidth), 8))
}

func itoa(n int) string { return strconv.Itoa(n) }
