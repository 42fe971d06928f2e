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
	var collection, mapFile, report, purpose string
	c := p.verb("import", "FILE", typeOf[ImportSummary](), func(c *call) error {
		if collection == "" {
			return missingFlag("collection")
		}
		return c.within(forData, func(t *client.Tenant) error { return c.load(t, loading{collection, mapFile, report, purpose}) })
	})
	p.tenantFlag(c)
	c.Flags().StringVar(&collection, "collection", "", p.words.T("cli.flag.collection"))
	c.Flags().StringVar(&mapFile, "map", "", p.words.T("cli.flag.map"))
	c.Flags().StringVar(&report, "report", "", p.words.T("cli.flag.report"))
	c.Flags().StringVar(&purpose, "purpose", "", p.words.T("cli.flag.purpose_people"))
	return c
}

// loading is what an import was told.
type loading struct {
	collection, mapFile, reportFile string
	purpose                         string // of looking up the persons whom rows are about
}

// load imports a file and says what became of each row.
func (c *call) load(t *client.Tenant, o loading) error {
	src, bar, err := c.watched(c.arg(0))
	if err != nil {
		return err
	}
	defer src.Close()
	r := &report{sum: ImportSummary{First: []ImportRow{}}}
	if o.reportFile != "" {
		if err := r.open(o.reportFile); err != nil {
			return err
		}
		defer r.file.Close()
	}
	lines, err := c.lines(t, o, src, r)
	if err != nil {
		return err
	}
	defer lines.Close() // ends the conversion when the server gave up
	err = t.Collection(o.collection).Import(c.ctx, lines, r.told)
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
func (c *call) lines(t *client.Tenant, o loading, src io.Reader, r *report) (*converted, error) {
	if o.mapFile == "" {
		return &converted{ReadCloser: io.NopCloser(src)}, nil
	}
	text, err := os.ReadFile(o.mapFile)
	if err != nil {
		return nil, err
	}
	m, err := profile.ParseMap(o.mapFile, text)
	if err != nil {
		return nil, err
	}
	k, persons, err := c.declared(t, o.collection)
	if err != nil {
		return nil, err
	}
	if err := m.Check(k, persons); err != nil {
		return nil, err
	}
	if m.Subject != nil && o.purpose == "" {
		return nil, missingFlag("purpose")
	}
	in, out := io.Pipe()
	l := &converted{ReadCloser: in}
	go func() {
		err := m.NDJSON(k, src, out, c.finder(t, k, o.purpose), r.sent, func(row profile.Row) error { return r.refused(c, row) })
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			l.mu.Lock()
			l.err = err
			l.mu.Unlock()
		}
		out.CloseWithError(err)
	}()
	return l, nil
}

// finder looks up the persons whom rows are about. What the server says of a value
// that no such field can have is the row's fault; anything else ends the import.
func (c *call) finder(t *client.Tenant, k *vault.Collection, purpose string) profile.Finder {
	return func(field id.Name, value string) ([]id.Subject, error) {
		found, err := t.Collection(string(k.Of)).Find(c.ctx, string(field), value, purpose)
		var refused *client.Problem
		if errors.As(err, &refused) && refused.Code == client.Invalid {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		out := make([]id.Subject, 0, len(found))
		for _, r := range found {
			who, err := id.ParseSubject(r.Subject)
			if err != nil {
				return nil, err
			}
			out = append(out, who)
		}
		return out, nil
	}
}

// declared is a collection as far as a map has to know it, and the one that its
// persons are in, if they are in another.
func (c *call) declared(t *client.Tenant, name string) (k, persons *vault.Collection, err error) {
	all, err := t.Collections(c.ctx)
	if err != nil {
		return nil, nil, err
	}
	of := map[string]*vault.Collection{}
	for _, info := range all {
		of[info.Name] = declaration(info)
	}
	if k = of[name]; k != nil {
		return k, of[string(k.Of)], nil
	}
	return nil, nil, errs.New(errs.NotFound, "vault.collection.unknown").With("Collection", name).Do("cli.collection.fix")
}

func declaration(k client.CollectionInfo) *vault.Collection {
	out := &vault.Collection{Name: id.Name(k.Name), Title: tenant.Text(k.Title), About: vault.About(k.About), Of: id.Name(k.Of)}
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
