package main

import (
	"context"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
	"garant.example/internal/profile"
	"garant.example/internal/server"
	"garant.example/profiles"
)

// Sabotages is what sabotage --list answers.
type Sabotages struct {
	Sabotages []SabotageInfo `json:"sabotages"`
}

// SabotageInfo says what breaks a promise and what heals it.
type SabotageInfo struct {
	Promise string `json:"promise"`
	Breaks  string `json:"breaks"`
	Heals   string `json:"heals"`
}

// Played is what a sabotage showed.
type Played struct {
	Promise string `json:"promise"`
	Before  string `json:"before"`
	Broken  string `json:"broken"`
	Reason  string `json:"reason"`
	Healed  string `json:"healed,omitempty"`
	Turned  bool   `json:"turned"` // kept, then failing, then kept again
}

func (p *program) sabotageCommand() *cobra.Command {
	var list bool
	c := p.verb("sabotage", "", typeOf[Sabotages](), func(c *call) error {
		if !list {
			return c.command.Help()
		}
		return c.sabotages()
	})
	c.Flags().BoolVar(&list, "list", false, p.words.T("cli.flag.list"))
	run := p.sabotageRun()
	heal := p.verb("sabotage.heal", "PROMISE", typeOf[Played](), func(c *call) error {
		return c.onPlatform(func(to *client.Platform) error {
			s, err := to.Heal(c.ctx, c.arg(0))
			if err != nil {
				return err
			}
			return c.played(Played{Promise: s.ID, Healed: s.Status, Turned: s.Status == "kept"})
		})
	})
	c.AddCommand(run, heal)
	return c
}

func (p *program) sabotageRun() *cobra.Command {
	var keep bool
	c := p.verb("sabotage.run", "PROMISE", typeOf[Played](), func(c *call) error {
		return c.onPlatform(func(to *client.Platform) error {
			out, err := c.play(to, c.arg(0), keep)
			if err != nil {
				return err
			}
			return c.played(out)
		})
	})
	c.Flags().BoolVar(&keep, "keep", false, p.words.T("cli.flag.keep"))
	return c
}

func (c *call) onPlatform(do func(*client.Platform) error) error {
	conn, err := c.dial(operatorSlug, forData)
	if err != nil {
		return err
	}
	defer conn.close()
	return do(conn.Platform())
}

// play breaks, measures and heals. Whatever happens in between, it heals, unless
// the wound is to be kept.
func (c *call) play(to *client.Platform, promise string, keep bool) (out Played, err error) {
	out.Promise = promise
	err = to.Verify(c.ctx, "", "", []string{promise}, func(s client.Standing) error { out.Before = s.Status; return nil })
	if err != nil {
		return out, err
	}
	broken, err := to.Break(c.ctx, promise)
	if !keep {
		healed, healErr := to.Heal(context.WithoutCancel(c.ctx), promise)
		out.Healed = healed.Status
		if err == nil {
			err = healErr
		}
	}
	out.Broken, out.Reason = broken.Status, broken.Reason
	out.Turned = out.Before == "kept" && out.Broken == "failing" && (keep || out.Healed == "kept")
	return out, err
}

// played says what a sabotage showed, and fails when the control did not turn.
func (c *call) played(out Played) error {
	err := c.answer(out, func(w *tabwriter.Writer) {
		for _, step := range []struct{ key, status, reason string }{{"before", out.Before, ""}, {"broken", out.Broken, out.Reason}, {"healed", out.Healed, ""}} {
			if step.status != "" {
				row(w, c.words.T("cli.sabotage."+step.key), mark(step.status)+" "+c.words.T("cli.status."+step.status), step.reason)
			}
		}
	})
	if err == nil && !out.Turned {
		return errChecked
	}
	return err
}

// sabotages lists what can be broken: what a mechanism of this program breaks, in the
// words of the profiles.
func (c *call) sabotages() error {
	set, err := profile.Load(profiles.FS)
	if err != nil {
		return err
	}
	playable, err := server.Sabotages(set)
	if err != nil {
		return err
	}
	out := Sabotages{Sabotages: []SabotageInfo{}}
	for _, q := range set.Promises() {
		if !playable[q.ID] {
			continue
		}
		out.Sabotages = append(out.Sabotages, SabotageInfo{Promise: string(q.ID), Breaks: q.Sabotage.In(c.words.Lang()),
			Heals: c.words.T("cli.sabotage.heals", errs.Params{"promise": string(q.ID)})})
	}
	return c.answer(out, func(w *tabwriter.Writer) {
		c.head(w, "promise", "breaks")
		for _, s := range out.Sabotages {
			row(w, s.Promise, s.Breaks)
		}
	})
}
