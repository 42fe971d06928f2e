package web

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-json-experiment/json"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// ProblemType is the media type of a problem document.
const ProblemType = "application/problem+json"

// Problem is the document of RFC 9457 with our members. Code and Key are for
// programs and stable; Title, Detail and Fix are for people.
type Problem struct {
	Type      string         `json:"type"` // "/problems/" + code
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      errs.Code      `json:"code"`
	Key       string         `json:"key"` // message key: a finer code
	Errors    []ProblemField `json:"errors,omitempty"`
	RequestID string         `json:"request_id"`
	Fix       string         `json:"fix,omitempty"`
	Retryable bool           `json:"retryable"`
}

// ProblemField is one place of the input that is wrong.
type ProblemField struct {
	Pointer string `json:"pointer"` // JSON pointer, "header/NAME" or "query/NAME"
	Key     string `json:"key"`
	Detail  string `json:"detail"`
}

// maxProblemFields bounds an answer: a body of a megabyte may hold a hundred
// thousand mistakes, and nobody reads so many.
const maxProblemFields = 100

// ProblemOf puts an error into the words of a printer.
func ProblemOf(p *i18n.Printer, request string, err error) Problem {
	e := errs.Of(plain(err))
	if e == nil {
		e = errs.Of(errors.New("web: a problem without an error"))
	}
	if _, known := statusOf(e.Code); !known {
		e = errs.Of(errors.New("web: a code outside the table: " + string(e.Code)))
	}
	out := Problem{
		Type: "/problems/" + string(e.Code), Title: string(e.Code), Detail: e.Key,
		Status: Status(e.Code), Code: e.Code, Key: e.Key,
		RequestID: request, Retryable: Retryable(e.Code),
	}
	if p == nil { // outside Kit.Wrap: the keys must do
		return out
	}
	shown := p.Error(e)
	out.Title, out.Detail, out.Fix = shown.Title, shown.Detail, shown.Fix
	for i, f := range shown.Fields {
		if i == maxProblemFields {
			break
		}
		out.Errors = append(out.Errors, ProblemField{f.Pointer, e.Fields[i].Key, f.Detail})
	}
	return out
}

// plain translates the errors of the standard library that reach a handler.
func plain(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errs.New(errs.TooLarge, "web.body.too_large").With("limit", i18n.Size(large.Limit)).Do("web.body.too_large.fix")
	}
	return err
}

// WriteProblem answers an error and logs its cause. It does nothing more than
// log when the answer has already begun.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, r, err, 0)
}

func writeProblem(w http.ResponseWriter, r *http.Request, err error, status int) {
	ctx := r.Context()
	p := ProblemOf(Printer(ctx), RequestID(ctx).String(), err)
	if status != 0 {
		p.Status = status
	}
	logProblem(r, p, err)
	if s := stateOf(ctx); s != nil {
		s.code = p.Code
	}
	if begun(w) {
		return
	}
	body, encodeErr := json.Marshal(p, json.Deterministic(true))
	if encodeErr != nil { // a pointer with broken UTF-8: say the rest
		p.Errors = nil
		body, _ = json.Marshal(p)
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Content-Length", "Content-Disposition"} {
		h.Del(name)
	}
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	if printer := Printer(ctx); printer != nil {
		h.Set("Content-Language", printer.Lang())
	}
	if p.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer realm="garant"`)
	}
	if p.Retryable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "5") // seconds; a client without a better figure waits a little
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody is left to tell
	}
}

// logProblem keeps the cause under the request id. Pointers stay out: their
// names come from the input.
func logProblem(r *http.Request, p Problem, err error) {
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attributes := []slog.Attr{slog.String("code", string(p.Code)), slog.String("key", p.Key)}
	if e := errs.Of(err); e != nil && e.Err != nil {
		attributes = append(attributes, slog.String("cause", e.Err.Error()))
	}
	Log(r.Context()).LogAttrs(r.Context(), level, "problem", attributes...)
}

// HandlerFunc serves a request or returns the error to answer.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Handle makes a handler of a function that returns errors.
func Handle(h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			WriteProblem(w, r, err)
		}
	})
}

// Problems makes the answers of a router for addresses and methods that it does
// not know into problem documents.
func Problems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := statusProbe{header: http.Header{}}
		h.ServeHTTP(&probe, r)
		if probe.status < http.StatusBadRequest { // a cleaned path
			mux.ServeHTTP(w, r)
			return
		}
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			writeProblem(w, r, errs.New(errs.Invalid, "web.method").
				With("allow", probe.header.Get("Allow")), http.StatusMethodNotAllowed)
			return
		}
		WriteProblem(w, r, errs.New(errs.NotFound, "web.no_route").Do("web.no_route.fix"))
	})
}

// statusProbe hears what the router would answer.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
