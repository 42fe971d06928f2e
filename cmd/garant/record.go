package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// printed turns the answer of a transport that prints into success.
func printed(err error) error {
	if errors.As(err, &notSent{}) {
		return nil
	}
	return err
}

// CollectionList is what collection list answers.
type CollectionList struct {
	Collections []client.CollectionInfo `json:"collections"`
}

func (p *program) collectionCommand() *cobra.Command {
	list := p.verb("collection.list", "", typeOf[CollectionList](), func(c *call) error {
		return c.within(forData, func(t *client.Tenant) error {
			all, err := t.Collections(c.ctx)
			if err != nil {
				return err
			}
			return c.answer(CollectionList{all}, func(w *tabwriter.Writer) {
				c.head(w, "collection", "title", "about", "class", "placement", "records", "purposes")
				for _, k := range all {
					row(w, k.Name, k.Title.In(c.words.Lang()), k.About, k.Class, k.Placement, c.words.Number(k.Records), purposes(k))
				}
			})
		})
	})
	return p.group("collection", p.tenantFlag(list))
}

func purposes(k client.CollectionInfo) string {
	var out []string
	for _, p := range k.Purposes {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

// recordFlags are those of the commands about records.
type recordFlags struct {
	collection, purpose, ifMatch, file, subject, state string
	set                                                []string
	yes                                                bool
}

func (p *program) recordCommand() *cobra.Command {
	return p.group("record", p.recordCreate(), p.recordGet(), p.recordFind(), p.recordList(), p.recordUpdate(), p.recordDelete(),
		p.recordMove(), p.recordMark("record.restrict", (*client.Collection).Restrict),
		p.recordMark("record.release", (*client.Collection).Release))
}

// onRecords makes a command about records of one collection.
func (p *program) onRecords(name, use string, out any, f *recordFlags, do func(*call, *client.Collection) error) *cobra.Command {
	c := p.verb(name, use, typeOfValue(out), func(c *call) error {
		if f.collection == "" {
			return missingFlag("collection")
		}
		return c.within(forData, func(t *client.Tenant) error { return do(c, t.Collection(f.collection)) })
	})
	p.tenantFlag(c).Flags().StringVar(&f.collection, "collection", "", p.words.T("cli.flag.collection"))
	return c
}

func (c *call) showRecord(r client.Record) error {
	return c.answer(r, func(w *tabwriter.Writer) {
		c.fact(w, "record", r.ID)
		c.fact(w, "etag", r.ETag)
		c.fact(w, "state", r.State)
		c.fact(w, "subject", r.Subject)
		c.fact(w, "changed", c.moment(r.UpdatedAt))
		c.fact(w, "leaf", strconv.FormatUint(r.Leaf, 10))
		for _, f := range fieldsOf(r.Fields) {
			row(w, "  "+f[0], f[1])
		}
		for _, name := range r.Masked {
			row(w, "  "+name, "•••")
		}
	})
}

// fieldsOf lists names and values in the order of the record.
func fieldsOf(fields json.RawMessage) [][2]string {
	dec := json.NewDecoder(strings.NewReader(string(fields)))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	var out [][2]string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return out
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return out
		}
		text := string(value)
		if s, err := strconv.Unquote(text); err == nil {
			text = s
		}
		var s string
		if json.Unmarshal(value, &s) == nil {
			text = s
		}
		label, _ := name.(string)
		out = append(out, [2]string{label, text})
	}
	return out
}

// fields reads the fields of a command: --set name=text, --set name:=json, or a
// file that holds the object ("-" is the input, which no history keeps).
func (c *call) fields(f *recordFlags) (json.RawMessage, error) {
	if f.file != "" {
		src, err := c.source(f.file)
		if err != nil {
			return nil, err
		}
		defer src.Close()
		return io.ReadAll(src)
	}
	if len(f.set) == 0 {
		return nil, usage(errs.New(errs.Invalid, "cli.fields.missing").Do("cli.fields.missing.fix"))
	}
	out := []byte{'{'}
	for i, s := range f.set {
		name, text, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, usage(errs.New(errs.Invalid, "cli.fields.set").Do("cli.fields.missing.fix"))
		}
		if i > 0 {
			out = append(out, ',')
		}
		value := []byte(text)
		if raw, ok := strings.CutSuffix(name, ":"); ok {
			name = raw
		} else if value, _ = json.Marshal(text); value == nil {
			return nil, usage(errs.New(errs.Invalid, "cli.fields.set").Do("cli.fields.missing.fix"))
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

func (p *program) fieldFlags(c *cobra.Command, f *recordFlags) {
	c.Flags().StringArrayVar(&f.set, "set", nil, p.words.T("cli.flag.set"))
	c.Flags().StringVar(&f.file, "file", "", p.words.T("cli.flag.file"))
}

func (p *program) recordCreate() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.create", "", client.Record{}, &f, func(c *call, k *client.Collection) error {
		fields, err := c.fields(&f)
		if err != nil {
			return err
		}
		r, err := k.Create(c.ctx, client.NewRecord{Subject: f.subject, State: f.state, Fields: fields})
		if err != nil {
			return err
		}
		return c.showRecord(r)
	})
	p.fieldFlags(c, &f)
	c.Flags().StringVar(&f.subject, "subject", "", p.words.T("cli.flag.subject"))
	c.Flags().StringVar(&f.state, "state", "", p.words.T("cli.flag.state"))
	return c
}

func (p *program) purposeFlag(c *cobra.Command, f *recordFlags) {
	c.Flags().StringVar(&f.purpose, "purpose", "", p.words.T("cli.flag.purpose"))
}

func (p *program) recordGet() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.get", "RECORD", client.Record{}, &f, func(c *call, k *client.Collection) error {
		r, err := k.Get(c.ctx, c.arg(0), f.purpose)
		if err != nil {
			return err
		}
		return c.showRecord(r)
	})
	p.purposeFlag(c, &f)
	return c
}

// RecordList is what record list and record find answer.
type RecordList struct {
	Records []client.Record `json:"records"`
	Next    string          `json:"next,omitempty"`
}

func (c *call) showRecords(list RecordList) error {
	if list.Records == nil {
		list.Records = []client.Record{}
	}
	return c.answer(list, func(w *tabwriter.Writer) {
		c.head(w, "record", "state", "changed", "fields")
		for _, r := range list.Records {
			var shown []string
			for _, f := range fieldsOf(r.Fields) {
				shown = append(shown, f[0]+"="+f[1])
			}
			row(w, r.ID, r.State, c.moment(r.UpdatedAt), strings.Join(shown, " "))
		}
		if list.Next != "" {
			c.say("cli.more", errs.Params{"cursor": list.Next})
		}
	})
}

func (p *program) recordFind() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.find", "FIELD VALUE", RecordList{}, &f, func(c *call, k *client.Collection) error {
		found, err := k.Find(c.ctx, c.arg(0), c.arg(1), f.purpose)
		if err != nil {
			return err
		}
		return c.showRecords(RecordList{Records: found})
	})
	p.purposeFlag(c, &f)
	return c
}

func (p *program) recordList() *cobra.Command {
	var f recordFlags
	var where []string
	var limit int
	var cursor string
	c := p.onRecords("record.list", "", RecordList{}, &f, func(c *call, k *client.Collection) error {
		open := map[string]string{}
		for _, s := range where {
			name, value, _ := strings.Cut(s, "=")
			open[name] = value
		}
		page, err := k.List(c.ctx, client.ListOptions{Purpose: f.purpose, State: f.state, Open: open, Limit: limit, Cursor: cursor})
		if err != nil {
			return err
		}
		return c.showRecords(RecordList(page))
	})
	p.purposeFlag(c, &f)
	c.Flags().StringVar(&f.state, "state", "", p.words.T("cli.flag.state"))
	c.Flags().StringArrayVar(&where, "where", nil, p.words.T("cli.flag.where"))
	c.Flags().IntVar(&limit, "limit", 0, p.words.T("cli.flag.limit"))
	c.Flags().StringVar(&cursor, "cursor", "", p.words.T("cli.flag.cursor"))
	return c
}

func (p *program) matchFlag(c *cobra.Command, f *recordFlags) {
	c.Flags().StringVar(&f.ifMatch, "if-match", "", p.words.T("cli.flag.if_match"))
}

func (p *program) recordUpdate() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.update", "RECORD", client.Record{}, &f, func(c *call, k *client.Collection) error {
		fields, err := c.fields(&f)
		if err != nil {
			return err
		}
		r, err := k.Update(c.ctx, c.arg(0), f.ifMatch, fields)
		if err != nil {
			return err
		}
		return c.showRecord(r)
	})
	p.fieldFlags(c, &f)
	p.matchFlag(c, &f)
	return c
}

func (p *program) recordDelete() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.delete", "RECORD", nil, &f, func(c *call, k *client.Collection) error {
		if err := c.confirm(f.yes, "cli.record.delete.confirm", errs.Params{"record": c.arg(0)}); err != nil {
			return err
		}
		return k.Delete(c.ctx, c.arg(0), f.ifMatch)
	})
	p.matchFlag(c, &f)
	p.yesFlag(c, &f.yes)
	return c
}

func (p *program) recordMove() *cobra.Command {
	var f recordFlags
	c := p.onRecords("record.move", "RECORD FROM TO", client.Record{}, &f, func(c *call, k *client.Collection) error {
		r, err := k.Move(c.ctx, c.arg(0), f.ifMatch, c.arg(1), c.arg(2))
		if err != nil {
			return err
		}
		return c.showRecord(r)
	})
	p.matchFlag(c, &f)
	return c
}

// recordMark makes the commands that restrict and release.
func (p *program) recordMark(name string, mark marker) *cobra.Command {
	var f recordFlags
	c := p.onRecords(name, "RECORD", client.Record{}, &f, func(c *call, k *client.Collection) error {
		r, err := mark(k, c.ctx, c.arg(0), f.ifMatch)
		if err != nil {
			return err
		}
		return c.showRecord(r)
	})
	p.matchFlag(c, &f)
	return c
}

// marker restricts or releases.
type marker func(k *client.Collection, ctx context.Context, record, etag string) (client.Record, error)

// typeOfValue is the type of what a command answers; nil for nothing.
func typeOfValue(v any) reflect.Type {
	if v == nil {
		return nil
	}
	return reflect.TypeOf(v)
}
