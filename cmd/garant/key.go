package main

import (
	"context"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

func (p *program) keyCommand() *cobra.Command {
	show := p.verb("key.show", "", typeOf[client.KeyStatus](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			s, err := t.Keys(c.ctx)
			if err != nil {
				return err
			}
			return c.answer(s, func(w *tabwriter.Writer) { c.showKeys(w, s) })
		})
	})
	status := p.verb("key.status", "", typeOf[client.KeyStatus](), func(c *call) error {
		return c.within(forManage, func(t *client.Tenant) error {
			s, err := t.Keys(c.ctx)
			if err == nil {
				err = c.answer(s, func(w *tabwriter.Writer) { c.showTurns(w, s) })
			}
			if err == nil && !inTime(s) {
				err = errChecked
			}
			return err
		})
	})
	return p.group("key", p.tenantFlag(show), p.tenantFlag(status), p.keyRotate())
}

func (c *call) showKeys(w *tabwriter.Writer, s client.KeyStatus) {
	c.fact(w, "service", s.Service+" "+s.Key)
	c.fact(w, "version", strconv.Itoa(s.Version))
	c.fact(w, "rotated", c.moment(s.RotatedAt))
	c.fact(w, "wrapped", c.moment(s.WrappedAt))
	c.fact(w, "subject_keys", c.words.Number(s.SubjectKeys))
	c.fact(w, "shredded", c.words.Number(s.Shredded))
	c.fact(w, "old_wrap", c.words.Number(s.OldWrap))
	c.fact(w, "confirmed", c.moment(s.ConfirmedAt))
	if s.Refused != nil {
		c.fact(w, "refused", s.Refused.Detail)
	}
	c.head(w, "key", "version", "kind", "state", "created")
	for _, k := range s.Named {
		row(w, k.Name, strconv.Itoa(k.Version), k.Kind, k.State, c.moment(k.CreatedAt))
	}
}

// showTurns shows the schedule of each level, then what is under way.
func (c *call) showTurns(w *tabwriter.Writer, s client.KeyStatus) {
	c.head(w, "level", "last_rotated", "due", "deadline", "state")
	for _, t := range s.Turns {
		state := ""
		if t.Overdue {
			state = c.words.T("cli.head.overdue")
		}
		row(w, t.Level, c.moment(t.LastAt), c.moment(t.DueAt), c.moment(t.Deadline), state)
	}
	running := s.Rotations
	if s.Rotation != nil {
		running = append(running, *s.Rotation)
	}
	for _, r := range running {
		if r.Running {
			c.showRotation(w, r)
		}
	}
}

func (c *call) showRotation(w *tabwriter.Writer, r client.Rotation) {
	c.fact(w, "level", r.Level)
	if r.Level == "kek" {
		c.fact(w, "version", strconv.Itoa(r.From)+" → "+strconv.Itoa(r.To))
		c.fact(w, "blocks", c.words.Number(r.Blocks))
		c.fact(w, "subject_keys", c.words.Number(r.Subjects))
		c.fact(w, "named_keys", c.words.Number(r.Keys))
		c.fact(w, "service", r.Service+" "+r.Key)
		return
	}
	c.fact(w, "sealed_anew", c.words.Number(r.Done)+" / "+c.words.Number(r.Total))
	if r.ID != "" {
		c.fact(w, "destroyed", c.words.Number(r.Destroyed))
	} else {
		c.fact(w, "named_keys", c.words.Number(r.Keys))
	}
	if r.Trouble != "" {
		c.fact(w, "trouble", c.words.T("cli.key.trouble."+r.Trouble))
		c.fact(w, "record", r.TroubleAt)
	}
}

// inTime says whether no rotation is overdue or waits for a person.
func inTime(s client.KeyStatus) bool {
	for _, t := range s.Turns {
		if t.Overdue {
			return false
		}
	}
	for _, r := range s.Rotations {
		if r.Running && r.Trouble == "tampered" {
			return false
		}
	}
	return true
}

func (p *program) keyRotate() *cobra.Command {
	var in client.RotationRequest
	var yes bool
	c := p.verb("key.rotate", "", typeOf[client.Rotation](), func(c *call) error {
		if !in.Plan {
			if err := c.confirm(yes, "cli.key.rotate.confirm", errs.Params{"tenant": c.flags.tenant}); err != nil {
				return err
			}
		}
		return c.within(forManage, func(t *client.Tenant) error {
			r, err := t.RotateKeys(c.ctx, in)
			if err == nil && c.terminal && !c.flags.json {
				r, err = c.follow(t, r)
			}
			if err != nil {
				return err
			}
			return c.answer(r, func(w *tabwriter.Writer) {
				c.showRotation(w, r)
				if in.Plan {
					c.say("cli.plan.only")
				} else if r.Running {
					c.say("cli.key.rotate.begun")
				}
			})
		})
	})
	p.tenantFlag(c)
	c.Flags().StringVar(&in.Level, "level", "", p.words.T("cli.flag.level"))
	c.Flags().StringVar(&in.Subject, "subject", "", p.words.T("cli.flag.one_subject"))
	c.Flags().BoolVar(&in.Plan, "plan", false, p.words.T("cli.flag.plan"))
	p.yesFlag(c, &yes)
	return c
}

// lookEvery is how often the progress of a rotation is asked for.
const lookEvery = time.Second

// follow shows how a rotation comes on, until it has ended, stands still, waits for
// other nodes with all records done, or the person has seen enough: it goes on.
func (c *call) follow(t *client.Tenant, r client.Rotation) (client.Rotation, error) {
	bar := progressbar.NewOptions64(r.Total, progressbar.OptionSetWriter(c.err), progressbar.OptionSetDescription(r.Level),
		progressbar.OptionClearOnFinish())
	defer bar.Close()
	for r.Running && r.Trouble == "" && r.Done < r.Total {
		if err := bar.Set64(r.Done); err != nil && err != io.EOF {
			return r, err
		}
		select {
		case <-c.ctx.Done():
			return r, nil
		case <-time.After(lookEvery):
		}
		s, err := t.Keys(context.WithoutCancel(c.ctx))
		if err != nil {
			return r, err
		}
		for _, now := range s.Rotations {
			if now.ID == r.ID {
				r = now
			}
		}
	}
	return r, nil
}
