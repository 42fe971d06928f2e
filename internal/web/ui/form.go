package ui

// Form is a form that sends to this service.
type Form struct {
	Action string
	Method string // empty is post
	// Files must be set when the form has a file field.
	Files  bool
	Hidden []Hidden
	ID     string
	Label  string // names the form when a page has several
	// Check lets the browser check required fields itself; by default the
	// server does, so that all problems are told at once and in one language.
	Check bool
}

// Hidden is a value that travels with a form unseen.
type Hidden struct{ Name, Value string }

func (f Form) method() string {
	if f.Method == "" {
		return "post"
	}
	return f.Method
}

// FieldWidth fits a control to what it is to hold.
type FieldWidth string

// The widths. Empty is the full measure.
const (
	Width4  FieldWidth = "4"
	Width10 FieldWidth = "10"
	Width20 FieldWidth = "20"
)

// Field is one control with its label. ID must be unique on the page.
type Field struct {
	ID           string
	Name         string
	Label        string
	Hint         string
	Error        string
	Value        string
	Type         string // empty is text
	Autocomplete string
	InputMode    string
	Placeholder  string // of little help to anyone: prefer Hint
	Width        FieldWidth
	Prefix       string
	Suffix       string
	Required     bool
	Disabled     bool
	ReadOnly     bool
	// Exact is for codes and keys: no spelling help, no capitals.
	Exact bool
	// Large makes the label the heading of a page with one question.
	Large bool
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) inputClass() string {
	class := "govuk-input"
	if f.Width != "" {
		class += " govuk-input--width-" + string(f.Width)
	}
	if f.Error != "" {
		class += " govuk-input--error"
	}
	if f.Exact {
		class += " g-exact"
	}
	return class
}

// Option is one entry of a select, of radios or of checkboxes.
type Option struct {
	Value    string
	Text     string
	Hint     string // not shown in a select
	Selected bool
	Disabled bool
}

// Choices is a group of radios or checkboxes. ID must be unique on the page.
type Choices struct {
	ID      string
	Name    string
	Legend  string
	Hint    string
	Error   string
	Options []Option
	Inline  bool // for two short answers
	Large   bool // the legend is the heading of a page with one question
}

func (c Choices) optionID(i int) string {
	if i == 0 {
		return c.ID // an error link leads to the first answer
	}
	return c.ID + "-" + itoa(i+1)
}

// File is a file control.
type File struct {
	Field
	Accept   string
	Multiple bool
}

// FormError is one line of the error summary; Target is the id of the control.
type FormError struct {
	Text   string
	Target string
}

// Filter is a form of filters above a list; its children are fields.
type Filter struct {
	Action string
	Label  string
	Submit string
	Reset  string // address of the list without filters; may be empty
	Hidden []Hidden
}

func (f Filter) label(l Lang) string {
	if f.Label != "" {
		return f.Label
	}
	return l.words().Filters
}

func (f Field) asPassword() Field {
	f.Type, f.Value, f.Exact = "password", "", true
	return f
}

// plural is the class of a group of controls of one kind.
func plural(kind string) string {
	if kind == "radio" {
		return "govuk-radios"
	}
	return "govuk-checkboxes"
}
