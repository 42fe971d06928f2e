package main

import (
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

func (p *program) auditCommand() *cobra.Command {
	return p.group("audit", p.auditShow(), p.auditProve(), p.auditVerify(), p.auditCheckpoint(), p.auditBundle())
}

// onLog makes a command about one log of a tenant.
func (p *program) onLog(name, use string, out any, do func(*call, *client.Log) error) *cobra.Command {
	var placement string
	c := p.verb(name, use, typeOfValue(out), func(c *call) error {
		return c.within(forAudit, func(t *client.Tenant) error {
			if placement == "" {
				return do(c, t.Log())
			}
			return do(c, t.LogOf(placement))
		})
	})
	p.tenantFlag(c).Flags().StringVar(&placement, "placement", "", p.words.T("cli.flag.placement"))
	return c
}

func (p *program) auditShow() *cobra.Command {
	var q client.EntryQuery
	var since, until string
	var oldest bool
	c := p.onLog("audit.show", "[SEQ]", client.EntryPage{}, func(c *call, l *client.Log) error {
		if c.arg(0) != "" {
			n, err := sequence(c.arg(0))
			if err != nil {
				return err
			}
			q.From, q.To, oldest = n, n+1, true
		}
		if err := c.period(&q.Since, since, &q.Until, until); err != nil {
			return err
		}
		q.Newest = !oldest
		page, err := l.Entries(c.ctx, q)
		if err != nil {
			return err
		}
		return c.answer(page, func(w *tabwriter.Writer) { c.showEntries(w, page) })
	})
	f := c.Flags()
	f.Uint64Var(&q.From, "from", 0, p.words.T("cli.flag.from"))
	f.Uint64Var(&q.To, "to", 0, p.words.T("cli.flag.to"))
	f.StringVar(&since, "since", "", p.words.T("cli.flag.since"))
	f.StringVar(&until, "until", "", p.words.T("cli.flag.until"))
	f.StringSliceVar(&q.Operations, "operation", nil, p.words.T("cli.flag.operation"))
	f.StringVar(&q.Object, "object", "", p.words.T("cli.flag.object"))
	f.StringVar(&q.Actor, "actor", "", p.words.T("cli.flag.actor"))
	f.StringVar(&q.Collection, "collection", "", p.words.T("cli.flag.collection"))
	f.StringVar(&q.Outcome, "outcome", "", p.words.T("cli.flag.outcome"))
	f.IntVar(&q.Limit, "limit", 20, p.words.T("cli.flag.limit"))
	f.BoolVar(&oldest, "oldest", false, p.words.T("cli.flag.oldest"))
	return c
}

func (c *call) showEntries(w *tabwriter.Writer, page client.EntryPage) {
	c.head(w, "seq", "when", "who", "operation", "object", "purpose", "outcome")
	for _, e := range page.Entries {
		who := strings.TrimSpace(e.Actor.Kind + " " + e.Actor.Ref)
		object := e.Object
		if e.Collection != "" {
			object = strings.TrimSpace(e.Collection + " " + object)
		}
		outcome := e.Outcome
		if e.Outcome != "done" {
			outcome += " (" + e.Reason + ")"
		}
		row(w, strconv.FormatUint(e.Seq, 10), c.moment(e.At), who, e.Operation, object, e.Purpose, outcome)
	}
	c.say("cli.audit.size", errs.Params{"size": page.Size, "origin": page.Origin})
}

func sequence(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, usage(errs.New(errs.Invalid, "cli.sequence").With("text", text))
	}
	return n, nil
}

// Proved is what audit prove answers.
type Proved struct {
	Origin     string `json:"origin"`
	Seq        uint64 `json:"seq"`
	Holds      bool   `json:"holds"`
	Key        string `json:"key"`
	Trusted    bool   `json:"trusted"`
	File       string `json:"file,omitempty"`
	Checkpoint string `json:"checkpoint"`
}

func (p *program) auditProve() *cobra.Command {
	var file, key string
	var shown bool
	c := p.onLog("audit.prove", "SEQ", Proved{}, func(c *call, l *client.Log) error {
		n, err := sequence(c.arg(0))
		if err != nil {
			return err
		}
		ask := l.Prove
		if shown {
			ask = l.Entry
		}
		proof, err := ask(c.ctx, n)
		if err != nil {
			return err
		}
		return c.proved(l, proof, key, file)
	})
	c.Flags().StringVarP(&file, "output", "o", "", p.words.T("cli.flag.proof"))
	c.Flags().StringVar(&key, "key", "", p.words.T("cli.flag.key"))
	c.Flags().BoolVar(&shown, "show", false, p.words.T("cli.flag.show"))
	return c
}

// proved checks a proof here and keeps it.
func (c *call) proved(l *client.Log, proof client.Proof, key, file string) (err error) {
	out := Proved{Origin: proof.Origin, Seq: proof.Seq, Key: key, Trusted: key != "", File: file, Checkpoint: proof.Checkpoint}
	if key == "" { // the server's own word: right only as far as it is
		if out.Key, err = l.Key(c.ctx); err != nil {
			return err
		}
	}
	if out.Key, err = keyFor(out.Key, proof.Origin); err != nil {
		return err
	}
	if err := proof.Verify(out.Key); err != nil {
		return err
	}
	out.Holds = true
	if file != "" {
		if err := os.WriteFile(file, proof.JSON, 0o600); err != nil {
			return err
		}
	}
	return c.answer(out, func(w *tabwriter.Writer) {
		c.fact(w, "seq", strconv.FormatUint(out.Seq, 10))
		c.fact(w, "log", out.Origin)
		c.fact(w, "proof", c.words.T("cli.audit.holds"))
		c.fact(w, "key", out.Key)
		c.fact(w, "file", out.File)
		if !out.Trusted {
			c.hint(c.words.T("cli.audit.key_hint", errs.Params{"key": bareKey(out.Key)}))
		}
	})
}

// AuditReport is what audit verify answers.
type AuditReport struct {
	client.Verification
	Continues *bool `json:"continues_kept,omitempty"`
}

func (p *program) auditVerify() *cobra.Command {
	var kept, key string
	c := p.onLog("audit.verify", "", AuditReport{}, func(c *call, l *client.Log) error {
		v, err := l.Verify(c.ctx)
		if err != nil {
			return err
		}
		out := AuditReport{Verification: v}
		if kept != "" {
			if err := c.continues(l, kept, key, &out); err != nil {
				return err
			}
		}
		if err := c.answer(out, func(w *tabwriter.Writer) { c.showVerified(w, out) }); err != nil {
			return err
		}
		if !v.OK {
			return errChecked
		}
		return nil
	})
	c.Flags().StringVar(&kept, "kept", "", p.words.T("cli.flag.kept"))
	c.Flags().StringVar(&key, "key", "", p.words.T("cli.flag.key"))
	return c
}

// continues checks that the log prolongs a checkpoint that was kept.
func (c *call) continues(l *client.Log, file, key string, out *AuditReport) error {
	note, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if key == "" {
		key = out.Key
	}
	proof, err := l.Continues(c.ctx, string(note))
	if err != nil {
		return err
	}
	if key, err = keyFor(key, proof.Origin); err != nil {
		return err
	}
	if err := proof.Verify(key); err != nil {
		return err
	}
	yes := proof.Older == string(note) // what is proved is what was kept
	if !yes {
		return client.ErrProof
	}
	out.Continues = &yes
	return nil
}

func (c *call) showVerified(w *tabwriter.Writer, v AuditReport) {
	c.fact(w, "log", v.Origin)
	c.fact(w, "entries", strconv.FormatUint(v.Size, 10))
	c.fact(w, "hashed", strconv.FormatUint(v.Hashed, 10))
	c.fact(w, "opened", strconv.FormatUint(v.Opened, 10))
	c.fact(w, "rows", strconv.FormatUint(v.Rows, 10))
	c.fact(w, "checkpoints", strconv.Itoa(v.Checkpoints))
	c.fact(w, "root", v.Root)
	if v.Continues != nil && *v.Continues {
		c.fact(w, "kept", c.words.T("cli.audit.continued"))
	}
	verdict := "cli.audit.sound"
	if !v.OK {
		verdict = "cli.audit.broken"
	}
	c.fact(w, "verdict", c.words.T(verdict, errs.Params{"count": v.Problems}))
	for _, k := range v.Culprits {
		row(w, "  "+k.Fault, strconv.FormatUint(k.Seq, 10), k.Object)
	}
}

// SignedHead is what audit checkpoint answers.
type SignedHead struct {
	Checkpoint string `json:"checkpoint"`
	Key        string `json:"key"`
}

func (p *program) auditCheckpoint() *cobra.Command {
	var file string
	c := p.onLog("audit.checkpoint", "", SignedHead{}, func(c *call, l *client.Log) error {
		note, err := l.Checkpoint(c.ctx)
		if err != nil {
			return err
		}
		if file != "" {
			return os.WriteFile(file, []byte(note), 0o644)
		}
		if !c.flags.json {
			_, err = c.out.Write([]byte(note))
			return err
		}
		key, err := l.Key(c.ctx)
		if err != nil {
			return err
		}
		return c.printJSON(SignedHead{note, key})
	})
	c.Flags().StringVarP(&file, "output", "o", "", p.words.T("cli.flag.output"))
	return c
}

func (p *program) auditBundle() *cobra.Command {
	var file, since, until string
	var period client.Period
	c := p.onLog("audit.bundle", "", nil, func(c *call, l *client.Log) error {
		if file == "" {
			return missingFlag("output")
		}
		if err := c.period(&period.Since, since, &period.Until, until); err != nil {
			return err
		}
		return c.bundle(l, period, file)
	})
	f := c.Flags()
	f.StringVarP(&file, "output", "o", "", p.words.T("cli.flag.output"))
	f.StringVar(&since, "since", "", p.words.T("cli.flag.since"))
	f.StringVar(&until, "until", "", p.words.T("cli.flag.until"))
	f.BoolVar(&period.Sealed, "sealed", false, p.words.T("cli.flag.sealed"))
	return c
}

// bundle writes a case bundle and says what it holds.
func (c *call) bundle(l *client.Log, period client.Period, file string) error {
	dst, err := c.file(file, "")
	if err != nil {
		return err
	}
	_, err = l.Bundle(c.ctx, period, dst)
	if closed := dst.Close(); err == nil {
		err = closed
	}
	if err != nil || dst.name == "" {
		return err
	}
	entries, err := entriesIn(file)
	if err == nil {
		c.told(dst, "cli.audit.bundle.written", entries)
	}
	return err
}
