package portal

import (
	"strings"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/profile"
	"garant.example/internal/web/ui"
)

// figureName is what a figure is called on the page. The words of a mechanism stand
// under its own name; a figure without words shows under its technical name.
func (v *visit) figureName(p profile.Promise, f assurance.Figure) string {
	for _, key := range []string{word(string(p.Control.Mechanism)) + ".figure." + word(f.Name), f.Name} {
		if v.say.Has(key) {
			return v.say.T(key)
		}
	}
	return strings.ReplaceAll(word(f.Name), "_", " ")
}

// figureValue is a figure with its unit, as the language writes it.
func (v *visit) figureValue(f assurance.Figure) string {
	if f.Text != "" {
		return f.Text
	}
	length := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	switch unit, isTime := length[f.Unit]; {
	case isTime:
		return v.say.Duration(time.Duration(f.Value * float64(unit)))
	case f.Unit == "%":
		return v.say.Percent(f.Value/100, 2)
	case f.Unit == "B":
		return v.say.Bytes(int64(f.Value))
	case f.Unit == "bit":
		return v.say.N("portal.bits", int64(f.Value), nil)
	case f.Unit == "":
		return v.say.Decimal(f.Value, 2)
	}
	return v.say.Decimal(f.Value, 2) + "\u00a0" + f.Unit
}

// looked says how many things were looked at; empty when nothing was counted.
func (v *visit) looked(f assurance.Finding) string {
	if f.Of == 0 {
		return ""
	}
	return v.say.T("portal.looked.value", i18n.Params{"looked": f.Looked, "of": f.Of})
}

// figures are the measured figures of a result, at most so many of them.
func (v *visit) figures(s assurance.Standing, most int) []ui.KeyValue {
	f := s.Result.Finding
	var list []ui.KeyValue
	for _, g := range f.Figures {
		if len(list) == most {
			break
		}
		list = append(list, ui.KeyValue{Key: v.figureName(s.Promise, g), Value: v.figureValue(g)})
	}
	if n := v.looked(f); n != "" {
		list = append(list, ui.KeyValue{Key: v.say.T("portal.looked"), Value: n})
	}
	return list
}

// moment is a time for the reader and for machines.
func (v *visit) moment(t time.Time) ui.Moment {
	if t.IsZero() {
		return ui.Moment{}
	}
	return ui.Moment{ISO: t.UTC().Format(time.RFC3339), Text: v.say.DateTime(t) + "\u00a0UTC"}
}

const day = 24 * time.Hour

// span is a length of time as profiles write it.
func (v *visit) span(s profile.Span) string {
	switch {
	case s.Months != 0:
		return v.say.N("portal.months", int64(s.Months), nil)
	case s.IsZero():
		return ""
	case s.Elapsed%day == 0:
		return v.say.N("portal.days", int64(s.Elapsed/day), nil)
	}
	return v.say.Duration(s.Elapsed)
}

// reason is why a result is what it is, in a sentence.
func (v *visit) reason(s assurance.Standing) string {
	f := s.Result.Finding
	if f.Reason != "" && v.say.Has(f.Reason) {
		return v.say.T(f.Reason)
	}
	if f.Outcome == assurance.OutcomeFailing {
		return v.say.T("portal.reason.failing")
	}
	return v.say.T("portal.reason.unknown")
}
