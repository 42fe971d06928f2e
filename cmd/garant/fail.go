package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"

	"garant.example/client"
	"garant.example/internal/db"
	"garant.example/internal/errs"
)

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usage(err error) error { return usageError{err} }

// errChecked is returned when a check failed and all has been said.
var errChecked = errors.New("garant: a check failed")

// failure is an error as a person or a program reads it.
type failure struct {
	Code      string                `json:"code"`
	Key       string                `json:"key"`
	Detail    string                `json:"detail"`
	Errors    []client.ProblemField `json:"errors,omitempty"`
	Fix       string                `json:"fix,omitempty"`
	RequestID string                `json:"request_id,omitempty"`
}

// fail prints what went wrong and returns the exit status.
func (p *program) fail(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errChecked):
		return exitFailed
	}
	f := p.failure(err)
	if p.flags.json {
		text, encodeErr := json.Marshal(struct {
			Error failure `json:"error"`
		}{f})
		if encodeErr == nil {
			fmt.Fprintln(p.err, string(text))
		}
	} else {
		p.complain(f)
	}
	if errors.As(err, &usageError{}) {
		return exitUsage
	}
	return exitFailed
}

func (p *program) complain(f failure) {
	fmt.Fprintln(p.err, p.words.T("cli.error", errs.Params{"text": f.Detail}))
	if f.Fix != "" {
		p.hint(f.Fix)
	}
	for _, at := range f.Errors { // after the hint, which says "below"
		if at.Detail == f.Detail { // once is enough; where it is must still be said
			fmt.Fprintf(p.err, "  %s\n", at.Pointer)
			continue
		}
		fmt.Fprintf(p.err, "  %s: %s\n", at.Pointer, at.Detail)
	}
	p.propose(f)
	if f.RequestID != "" {
		fmt.Fprintln(p.err, p.words.T("cli.request", errs.Params{"id": f.RequestID}))
	}
}

// hint says the next step.
func (p *program) hint(text string) {
	fmt.Fprintln(p.err, p.words.T("cli.hint", errs.Params{"text": text}))
}

// failure puts an error into words.
func (p *program) failure(err error) failure {
	var problem *client.Problem
	if errors.As(err, &problem) {
		return failure{Code: problem.Code, Key: problem.Key, Detail: problem.Detail, Errors: problem.Errors, Fix: p.fixHere(problem),
			RequestID: problem.RequestID}
	}
	if e := p.ours(err); e != nil {
		shown := p.words.Error(e)
		out := failure{Code: string(e.Code), Key: e.Key, Detail: shown.Detail, Fix: shown.Fix}
		for i, at := range shown.Fields {
			out.Errors = append(out.Errors, client.ProblemField{Pointer: at.Pointer, Key: e.Fields[i].Key, Detail: at.Detail})
		}
		return out
	}
	return failure{Code: string(errs.Internal), Key: "error.internal", Detail: err.Error()}
}

// fixHere is the next step in the words of the command line, where the server's are
// those of its headers.
func (p *program) fixHere(problem *client.Problem) string {
	switch problem.Key {
	case "access.unauthenticated":
		return p.words.T("cli.fix.sign_in")
	case "vault.purpose.needed":
		return p.words.T("cli.fix.purpose")
	case "vault.if_match.missing":
		return p.words.T("cli.fix.if_match")
	default:
		return problem.Fix
	}
}

// ours finds our error within another, or makes one of what the system says.
func (p *program) ours(err error) *errs.Error {
	var e *errs.Error
	var at *url.Error
	var op *net.OpError
	var file *fs.PathError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return errs.New(errs.Unavailable, "cli.stopped")
	case errors.As(err, &op):
		return errs.New(errs.Unavailable, "cli.unreachable").With("server", p.flags.server).Do("cli.unreachable.fix").Cause(err)
	case errors.As(err, &at):
		return errs.New(errs.Unavailable, "cli.connection").With("reason", at.Err.Error()).Do("cli.unreachable.fix").Cause(err)
	case errors.Is(err, db.ErrInUse):
		return errs.New(errs.Unavailable, "cli.data.busy").Do("cli.data.busy.fix").Cause(err)
	case errors.Is(err, client.ErrAddress):
		return errs.New(errs.Invalid, "cli.address").Do("cli.address.fix")
	case errors.Is(err, client.ErrCA):
		return errs.New(errs.Invalid, "cli.ca")
	case errors.Is(err, client.ErrProof):
		return errs.New(errs.Corrupt, "cli.proof").Do("cli.proof.fix").Cause(err)
	case errors.Is(err, client.ErrKey):
		return errs.New(errs.Invalid, "cli.key.bad").Do("cli.key.fix")
	case errors.Is(err, client.ErrCut):
		return errs.New(errs.Unavailable, "cli.cut").Do("cli.cut.fix").Cause(err)
	case errors.As(err, &file):
		return errs.New(errs.Invalid, "cli.file").With("file", file.Path).With("reason", file.Err.Error())
	}
	return nil
}
