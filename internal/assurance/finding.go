package assurance

import (
	"fmt"
	"slices"
)

// Outcome is what one run found.
type Outcome string

// The closed list of what a run can find.
const (
	OutcomeKept    Outcome = "kept"
	OutcomeFailing Outcome = "failing"
	OutcomeUnknown Outcome = "unknown"
)

// MaxCulprits is how many culprits a finding names.
const MaxCulprits = 20

// Figure is one measured number or word, with its unit: "files" 212, "tls_min"
// "1.2", "cert_left" 89 "d". Its words are the key <mechanism>.figure.<name>.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Text  string  `json:"text,omitzero"` // a word instead of a number
	Unit  string  `json:"unit,omitzero"` // s, min, h, d, B, bit, %, or nothing for a count
}

// Finding is what one run of a control found. Make one with Keep, and turn it with
// Fail and Miss: a finding gets worse, never better.
type Finding struct {
	Outcome  Outcome  `json:"outcome"`
	Reason   string   `json:"reason"` // key of the sentence: <mechanism>.reason.<what>
	Looked   int64    `json:"looked"` // how many things were looked at
	Of       int64    `json:"of"`     // out of how many
	Figures  []Figure `json:"figures"`
	Culprits []string `json:"culprits"` // opaque ids only
	Detail   string   `json:"detail"`   // for the operator, not for the page; no personal data
}

// Keep begins a finding that is kept unless something turns up.
func Keep() *Finding { return &Finding{Outcome: OutcomeKept} }

// Fail says that the fact is broken, and who or what is the culprit.
func (f *Finding) Fail(reason, culprit string) {
	if f.Outcome != OutcomeFailing {
		f.Outcome, f.Reason = OutcomeFailing, reason
	}
	if culprit != "" && len(f.Culprits) < MaxCulprits && !slices.Contains(f.Culprits, culprit) {
		f.Culprits = append(f.Culprits, culprit)
	}
}

// Miss says that something could not be seen: the finding is unknown, unless it is
// failing already. A probe that expects a refusal calls Miss when the thing that
// must succeed did not.
func (f *Finding) Miss(reason string, cause error) {
	if f.Outcome == OutcomeKept {
		f.Outcome, f.Reason = OutcomeUnknown, reason
	}
	if cause != nil && f.Detail == "" {
		f.Detail = cause.Error()
	}
}

// Saw counts a thing that was looked at.
func (f *Finding) Saw() { f.Looked++; f.Of++ }

// Skipped counts a thing that should have been looked at and was not.
func (f *Finding) Skipped() { f.Of++ }

// Measure adds a figure.
func (f *Finding) Measure(name string, value float64, unit string) {
	f.Figures = append(f.Figures, Figure{Name: name, Value: value, Unit: unit})
}

// Say adds a figure that is a word.
func (f *Finding) Say(name, text string) {
	f.Figures = append(f.Figures, Figure{Name: name, Text: text})
}

// close applies the rules that hold for every mechanism: an empty population and a
// part skipped are unknown, never kept.
func (f *Finding) close() {
	if f.Outcome == OutcomeKept && f.Of == 0 {
		f.Miss("assurance.reason.empty", nil)
	}
	if f.Outcome == OutcomeKept && f.Looked < f.Of {
		f.Miss("assurance.reason.incomplete", nil)
	}
}

// String is for logs and tests.
func (f *Finding) String() string {
	return fmt.Sprintf("%s %s %d/%d %v %s", f.Outcome, f.Reason, f.Looked, f.Of, f.Culprits, f.Detail)
}
