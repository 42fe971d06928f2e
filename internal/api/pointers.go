package api

import (
	"errors"
	"strings"

	"garant.example/internal/errs"
)

// inFields turns the pointers of the vault, which go into the fields, into ones that
// go into the body around them. What the vault says of the envelope itself (the
// state, the subject) stays.
func inFields(err error) error {
	var e *errs.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	moved := *e
	moved.Fields = make([]errs.Field, len(e.Fields))
	for i, f := range e.Fields {
		envelope := strings.HasPrefix(f.Key, "vault.state.") || strings.HasPrefix(f.Key, "vault.subject.")
		if !envelope && (f.Pointer == "" || f.Pointer[0] == '/') {
			f.Pointer = "/fields" + f.Pointer
		}
		moved.Fields[i] = f
	}
	return &moved
}
