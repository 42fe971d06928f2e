package api

import (
	"bufio"
	"io"
	"net/http"

	"garant.example/internal/errs"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// ImportResult is what became of one line of an import. The last one tells the end:
// without it the answer was cut off.
type ImportResult struct {
	Line    int          `json:"line"`
	Status  string       `json:"status" enum:"created,exists,refused,ended,failed"`
	ID      string       `json:"id,omitzero"`
	Problem *web.Problem `json:"problem,omitzero"`
}

// How an import ends: line is then how many lines were told of.
const (
	importEnded  = "ended"
	importFailed = "failed" // problem says why; the lines told before stand
)

func importRecords(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", ndjson)
	flush := http.NewResponseController(c.w)
	_ = flush.EnableFullDuplex() // HTTP/2 is always; without it the client reads after it has sent
	out, last := bufio.NewWriter(c.w), 0
	err = c.api.Vault.Import(c.r.Context(), p, c.r.Body, func(r vault.Result) error {
		last = r.Line
		line := ImportResult{Line: r.Line, Status: string(r.Status), Problem: c.problem(r.Err)}
		if !r.ID.IsZero() {
			line.ID = r.ID.String()
		}
		return tellLine(out, line)
	})
	if err != nil && last == 0 {
		return err // nothing was told yet: the answer is the problem itself
	}
	end := ImportResult{Line: last, Status: importEnded}
	if err != nil {
		end.Status, end.Problem = importFailed, c.problem(err)
		defer web.WriteProblem(c.w, c.r, err) // for the log
	}
	if err := tellLine(out, end); err != nil {
		return err
	}
	return out.Flush()
}

// tellLine writes one line of newline-delimited JSON.
func tellLine[T any](out io.Writer, line T) error {
	if err := web.Encode(out, line); err != nil {
		return err
	}
	_, err := out.Write([]byte{'\n'})
	return err
}

// problem puts an error into the words of the request; nil for nil.
func (c *call) problem(err error) *web.Problem {
	if err == nil {
		return nil
	}
	ctx := c.r.Context()
	p := web.ProblemOf(web.Printer(ctx), web.RequestID(ctx).String(), err)
	return &p
}

func exportRecords(c *call) error {
	p, err := c.collection()
	if err != nil {
		return err
	}
	format, kind := vault.Format(c.r.URL.Query().Get("format")), ndjson
	switch format {
	case "":
		format = vault.NDJSON
	case vault.CSV:
		kind = "text/csv; charset=utf-8"
	}
	out := &begun{ResponseWriter: c.w, kind: kind}
	_, err = c.api.Vault.Export(c.r.Context(), p, c.purpose(), format, out)
	return c.whole(out, err)
}

// begun is an answer that is written as it comes. Its headers are set with the
// first byte, so that a refusal before it is a problem document like any other.
type begun struct {
	http.ResponseWriter
	kind string
	name string // of the file, where one is handed out
	yes  bool
}

func (b *begun) begin() {
	b.yes = true
	h := b.Header()
	h.Set("Content-Type", b.kind)
	h.Set("Cache-Control", "no-store")
	if b.name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+b.name+`"`)
	}
	b.WriteHeader(http.StatusOK)
}

func (b *begun) Write(data []byte) (int, error) {
	if !b.yes {
		b.begin()
	}
	return b.ResponseWriter.Write(data)
}

// whole ends an answer that was written as it came. When it failed half way, the
// connection is cut: half an answer must not look whole.
func (c *call) whole(out *begun, err error) error {
	if !out.yes {
		if err == nil { // nothing to hand out is an answer too
			out.begin()
		}
		return err
	}
	if err == nil {
		return nil
	}
	web.WriteProblem(c.w, c.r, errs.Of(err)) // for the log
	panic(http.ErrAbortHandler)
}
