package logverifier

import (
	"fmt"
	"slices"

	"garant.example/internal/audit"
	"garant.example/internal/profile"
)

// want is what the parameters of a promise ask for.
type want struct {
	witnesses int64
	age       profile.Span // after which a result counts no more
	fields    []string
	kinds     []string // of operations on data
}

func readWant(c profile.Control) (w want, err error) {
	p := c.Parameters
	w.age = c.Age()
	if w.witnesses, err = p.Count("witnesses_min"); err != nil {
		return w, err
	}
	// Every run has the witness keep the heads it found in order, so their age is
	// that of the last run: what ages is the result, which the page shows as stale.
	if _, err = p.Duration("head_age"); err != nil {
		return w, err
	}
	if w.fields, err = p.Words("required_fields"); err != nil {
		return w, err
	}
	for _, field := range w.fields {
		if _, ok := holds(field, &audit.Record{}); !ok {
			return w, fmt.Errorf("%w: no entry has a field %q", profile.ErrParameter, field)
		}
	}
	if p.Has("operations") {
		w.kinds, err = p.Words("operations")
	}
	return w, err
}

// holds says whether an entry has a field; known is false for a word that names none.
func holds(field string, r *audit.Record) (has, known bool) {
	e := &r.Entry
	switch field {
	case "date", "time":
		return !e.At.IsZero(), true
	case "origin":
		return e.Actor.Ref != "" || e.Actor.Address.IsValid(), true
	case "operation":
		return e.Operation.Known(), true
	case "outcome", "result":
		return e.Outcome != 0, true
	default:
		return false, false
	}
}

// kindOf says in the words of the promise what an operation does to data.
func kindOf(op audit.Operation) string {
	switch op {
	case audit.RecordCreate, audit.RecordImport, audit.FileCreate, audit.EventCreate:
		return "insert"
	case audit.RecordDelete, audit.FileDelete, audit.SubjectErase:
		return "delete"
	}
	switch op.Class() {
	case audit.ClassRead:
		return "read"
	case audit.ClassWrite:
		return "update"
	default:
		return ""
	}
}

// outside lists the operations of the closed list that the promise has no word for.
func (w *want) outside() []string {
	var list []string
	if w.kinds == nil {
		return nil
	}
	for _, op := range audit.Operations() {
		if kind := kindOf(op); kind != "" && !slices.Contains(w.kinds, kind) {
			list = append(list, string(op))
		}
	}
	return list
}
