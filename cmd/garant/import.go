package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// ImportSummary is what import answers.
type ImportSummary struct {
	Rows    int         `json:"rows"`
	Created int         `json:"created"`
	Exists  int         `json:"exists"`
	Refused int         `json:"refused"`
	First   []ImportRow `json:"refusals"`
}

// ImportRow is what became of one row of the file.
type ImportRow struct {
	Line   int    `json:"line"`
	Status string `json:"status"`
	Record string `json:"record,omitempty"`
	Key    string `json:"key,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// maxShown bounds how many refused rows are shown; --report holds all.
const maxShown = 20

func (p *program) importCommand() *cobra.Command {
	var collection, mapFile, report string
	c := p.verb("import", "FILE", typeOf[ImportSummary](), func(c *call) error {
		if collection == "" {
			return missingFlag("collection")
		}
		return c.within(forData, func(t *client.Tenant) error { return c.load(t, collection, mapFile, report) })
	})
	p.tenantFlag(c)
	c.Flags().StringVar(&collection, "collection", "", p.words.T("cli.flag.collection"))
	c.Flags().StringVar(&mapFile, "map", "", p.words.T("cli.flag.map"))
	c.Flags().StringVar(&report, "report", "", p.words.T("cli.flag.report"))
	return c
}

// load imports a file and says what became of each row.
func (c *call) load(t *client.Tenant, collection, mapFile, reportFile string) error {
	src, bar, err := c.watched(c.arg(0))
	if err != nil {
		return err
	}
	defer src.Close()
	r := &report{sum: ImportSummary{First: []ImportRow{}}}
	if reportFile != "" {
		if err := r.open(reportFile); err != nil {
			return err
		}
		defer r.file.Close()
	}
	lines, err := c.lines(t, collection, mapFile, src, r)
	if err != nil {
		return err
	}
	defer lines.Close() // ends the conversion when the server gave up
	err = t.Collection(collection).Import(c.ctx, lines, r.told)
	if ended := lines.failed(); ended != nil {
		err = ended // the file's own fault says more than the cut request
	}
	_ = bar.Finish()
	if written := r.close(); err == nil {
		err = written
	}
	if err != nil && r.sum.Rows == 0 {
		return err
	}
	if shown := c.summary(r.sum); shown != nil {
		return shown
	}
	if err == nil && r.sum.Refused > 0 {
		return errChecked
	}
	return err
}

func (c *call) summary(s ImportSummary) error {
	return c.answer(s, func(w *tabwriter.Writer) {
		c.fact(w, "rows", strconv.Itoa(s.Rows))
		c.fact(w, "created", strconv.Itoa(s.Created))
		c.fact(w, "exists", strconv.Itoa(s.Exists))
		c.fact(w, "refused", strconv.Itoa(s.Refused))
		for _, f := range s.First {
			row(w, "  "+c.words.T("cli.line", errs.Params{"line": strconv.Itoa(f.Line)}), f.Detail)
		}
		if s.Refused > len(s.First) {
			c.say("cli.import.more", errs.Params{"count": s.Refused - len(s.First)})
		}
	})
}

// watched opens the file with a bar that follows how much of it was read.
func (c *call) watched(name string) (io.ReadCloser, *progressbar.ProgressBar, error) {
	src, err := c.source(name)
	if err != nil {
		return nil, nil, err
	}
	size := int64(-1)
	if file, ok := src.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
	}
	out := c.err
	if !c.terminal || c.flags.json {
		out = io.Discard
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(filepath.Base(name)), progressbar.OptionClearOnFinish())
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(src, bar), src}, bar, nil
}

// converted are the lines that go to the server.
type converted struct {
	io.ReadCloser
	mu  sync.Mutex
	err error
}

func (l *converted) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// lines gives newline-delimited JSON: the file itself, or its rows by the map.
func (c *call) lines(t *client.Tenant, collection, mapFile string, src io.Reader, r *report) (*converted, error) {
	if mapFile == "" {
		return &converted{ReadCloser: io.NopCloser(src)}, nil
	}
	text, err := os.ReadFile(mapFile)
	if err != nil {
		return nil, err
	}
	m, err := profile.ParseMap(mapFile, text)
	if err != nil {
		return nil, err
	}
	k, err := c.declared(t, collection)
	if err != nil {
		return nil, err
	}
	if err := m.Check(k); err != nil {
		return nil, err
	}
	in, out := io.Pipe()
	l := &converted{ReadCloser: in}
	go func() {
		err := m.NDJSON(k, src, out, r.sent, func(row profile.Row) error { return r.refused(c, row) })
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			l.mu.Lock()
			l.err = err
			l.mu.Unlock()
		}
		out.CloseWithError(err)
	}()
	return l, nil
}

// declared is a collection as far as a map has to know it.
func (c *call) declared(t *client.Tenant, name string) (*vault.Collection, error) {
	all, err := t.Collections(c.ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Name == name {
			return declaration(k), nil
		}
	}
	return nil, errs.New(errs.NotFound, "vault.collection.unknown").With("Collection", name).Do("cli.collection.fix")
}

func declaration(k client.CollectionInfo) *vault.Collection {
	out := &vault.Collection{Name: id.Name(k.Name), Title: tenant.Text(k.Title), About: vault.About(k.About)}
	for _, f := range k.Fields {
		field := vault.Field{Name: id.Name(f.Name), Title: tenant.Text(f.Title), Kind: vault.Kind(f.Kind), Required: f.Required,
			Options: f.Options, MaxLength: f.MaxLength}
		if f.Findable {
			field.Findable = &vault.Findable{Unique: f.Unique}
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

// report counts, and writes what became of each row. Rows are refused by the
// conversion while others are answered by the server, so it is shared.
type report struct {
	mu    sync.Mutex
	lines []int // line of the file behind each line that was sent
	sum   ImportSummary
	file  *os.File
	csv   *csv.Writer
	json  *json.Encoder
}

func (r *report) open(name string) (err error) {
	if r.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return err
	}
	if strings.HasSuffix(name, ".csv") {
		r.csv = csv.NewWriter(r.file)
		return r.csv.Write([]string{"line", "status", "record", "key", "detail"})
	}
	r.json = json.NewEncoder(r.file)
	r.json.SetEscapeHTML(false)
	return nil
}

func (r *report) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.csv == nil {
		return nil
	}
	r.csv.Flush()
	return r.csv.Error()
}

// sent notes the line of the file behind the next line that goes to the server.
func (r *report) sent(line int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	return nil
}

// told hears the server's result of a line.
func (r *report) told(res client.ImportResult) error {
	out := ImportRow{Line: res.Line, Status: res.Status, Record: res.ID}
	if res.Problem != nil {
		out.Key, out.Detail = res.Problem.Key, strings.ReplaceAll(res.Problem.Error(), "\n ", ";")
	}
	r.mu.Lock()
	if n := res.Line - 1; n >= 0 && n < len(r.lines) {
		out.Line = r.lines[n]
	}
	r.mu.Unlock()
	return r.add(out)
}

// refused hears of a row that the map could not turn into a record.
func (r *report) refused(c *call, row profile.Row) error {
	f := c.failure(row.Err)
	detail := f.Detail
	for _, at := range f.Errors {
		detail += "; " + at.Pointer + ": " + at.Detail
	}
	return r.add(ImportRow{Line: row.Line, Status: client.Refused, Key: f.Key, Detail: detail})
}

func (r *report) add(out ImportRow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Rows++
	switch out.Status {
	case client.Created:
		r.sum.Created++
	case client.Exists:
		r.sum.Exists++
	default:
		r.sum.Refused++
		if len(r.sum.First) < maxShown {
			r.sum.First = append(r.sum.First, out)
		}
	}
	switch {
	case r.csv != nil:
		return r.csv.Write([]string{strconv.Itoa(out.Line), out.Status, out.Record, out.Key, out.Detail})
	case r.json != nil:
		return r.json.Encode(out)
	}
	return nil
}
