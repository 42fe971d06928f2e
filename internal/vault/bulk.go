package vault

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Status is what became of one line of an import.
type Status string

// The closed list.
const (
	Created Status = "created"
	Exists  Status = "exists"  // a record with the same unique value is there: nothing was changed
	Refused Status = "refused" // Err says why; nothing of the line was stored
)

// Result is what became of one line.
type Result struct {
	Line   int // from 1
	Status Status
	ID     id.Record
	Err    error
}

// chunk is how many lines share a transaction: enough that a flush is nothing,
// few enough that results flow.
const chunk = 512

// line is one line as a client sends it. A line without "fields" is the fields.
type line struct {
	Subject id.Subject     `json:"subject"`
	Fields  jsontext.Value `json:"fields"`
}

// Import reads newline-delimited JSON and stores each line that is sound. Every
// line is whole or absent. Run twice, it stores nothing twice: a line whose unique
// field is taken is told as Exists. Results come in the order of the lines, each
// once its record is durable with its leaf. A failure of the platform ends the
// import with an error; the lines told before it stand.
func (s *Service) Import(ctx context.Context, p *access.Permit, src io.Reader, tell func(Result) error) error {
	if err := allow(p, access.Import); err != nil {
		return err
	}
	d, err := s.open(ctx, p)
	if err != nil {
		return err
	}
	defer d.release()
	return d.importing(ctx, s, src, tell)
}

// importing runs the four steps of an import side by side: lines are cut into
// batches, drafted, stored, and told of. Each step hands on in order.
func (d *desk) importing(ctx context.Context, s *Service, src io.Reader, tell func(Result) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup // all who use the desk
	defer work.Wait()
	defer cancel()
	read, drafted, stored := make(chan *batch), make(chan *batch, runtime.GOMAXPROCS(0)+1), make(chan *batch, 1)
	var readErr, draftErr, storeErr error // each is set before its channel is closed
	go func() {                           // not waited for: a client that sends nothing must not hold up its refusal
		defer close(read)
		readErr = cut(ctx, src, read)
	}()
	work.Go(func() {
		defer close(drafted)
		draftErr = d.draftInOrder(ctx, s, read, drafted)
	})
	work.Go(func() {
		defer close(stored)
		storeErr = d.storeInOrder(ctx, drafted, stored)
	})
	for b := range stored {
		for _, r := range b.results {
			if err := tell(r); err != nil {
				return err
			}
		}
	}
	switch {
	case storeErr != nil:
		return storeErr
	case draftErr != nil:
		return draftErr
	}
	return readErr
}

// batch is the lines of one transaction.
type batch struct {
	lines   [][]byte
	drafts  []*draft
	results []Result
	ready   chan struct{}
}

// cut makes batches of the input.
func cut(ctx context.Context, src io.Reader, out chan<- *batch) error {
	lines := bufio.NewScanner(src)
	lines.Buffer(make([]byte, 64<<10), MaxBody+1024)
	number := 0
	next := func() *batch {
		b := &batch{ready: make(chan struct{})}
		for len(b.lines) < chunk && lines.Scan() {
			number++
			text := bytes.TrimSpace(lines.Bytes())
			if len(text) == 0 {
				continue
			}
			b.lines = append(b.lines, bytes.Clone(text))
			b.results = append(b.results, Result{Line: number})
		}
		return b
	}
	for b := next(); len(b.lines) > 0; b = next() {
		if err := handOn(ctx, out, b); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return errs.New(errs.TooLarge, "vault.line.large").With("Line", number+1).With("Max", MaxBody).Cause(err)
	} else if err != nil {
		return errs.New(errs.Invalid, "vault.import.broken").Cause(err)
	}
	return nil
}

func handOn(ctx context.Context, out chan<- *batch, b *batch) error {
	select {
	case out <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// draftInOrder drafts batches on all processors.
func (d *desk) draftInOrder(ctx context.Context, s *Service, in <-chan *batch, out chan<- *batch) error {
	var work sync.WaitGroup
	defer work.Wait()
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for {
		var b *batch
		select {
		case b = <-in:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b == nil {
			return nil
		}
		select {
		case gate <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		work.Go(func() {
			defer func() { <-gate; close(b.ready) }()
			d.draftAll(ctx, s, b)
		})
		if err := handOn(ctx, out, b); err != nil {
			return err
		}
	}
}

// storeInOrder stores one batch, and the next while that one is told of.
func (d *desk) storeInOrder(ctx context.Context, in <-chan *batch, out chan<- *batch) error {
	for b := range in {
		<-b.ready
		if err := d.store(ctx, b); err != nil {
			return err
		}
		if err := handOn(ctx, out, b); err != nil {
			return err
		}
	}
	return nil
}

// draftAll validates and seals the lines of a batch.
func (d *desk) draftAll(ctx context.Context, s *Service, b *batch) {
	b.drafts = make([]*draft, len(b.lines))
	for i, text := range b.lines {
		fields, subject, err := readLine(text)
		if err == nil {
			b.drafts[i], err = d.draft(ctx, s, fields, CreateOptions{Subject: subject, Import: true})
		}
		if err != nil {
			b.results[i].Status, b.results[i].Err = Refused, err
		}
	}
	b.lines = nil
}

// readLine takes {"fields":{…},"subject":…} or the fields alone.
func readLine(text []byte) (fields []byte, subject id.Subject, err error) {
	if !bytes.Contains(text, []byte(`"fields"`)) {
		return text, id.Subject{}, nil
	}
	var l line
	if err := json.Unmarshal(text, &l, json.RejectUnknownMembers(true)); err != nil {
		return nil, id.Subject{}, malformed(err)
	}
	return l.Fields, l.Subject, nil
}

// store writes the sound drafts of a batch in one transaction.
func (d *desk) store(ctx context.Context, b *batch) error {
	for _, r := range b.results {
		if r.Err != nil && fatal(r.Err) {
			return r.Err
		}
	}
	return d.log.Write(ctx, func(tx *audit.Tx) error {
		for i, dr := range b.drafts {
			if dr == nil {
				continue
			}
			r := &b.results[i]
			*r = Result{Line: r.Line}
			err := dr.insert(tx, audit.RecordImport)
			switch {
			case err == nil:
				r.Status, r.ID = Created, dr.row.id
			case errs.Is(err, errs.Conflict):
				r.Status, r.Err = Exists, err
			default:
				return err
			}
		}
		return nil
	})
}

// fatal tells a fault of the platform from a fault of a line.
func fatal(err error) bool {
	switch errs.Of(err).Code {
	case errs.Internal, errs.Sealed, errs.LogUnavailable, errs.Unavailable, errs.Corrupt:
		return true
	default:
		return false
	}
}
