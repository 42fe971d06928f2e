package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// Verified is what verify answers.
type Verified struct {
	Promises []VerifiedPromise `json:"promises"`
	Summary  map[string]int    `json:"summary"`
}

// VerifiedPromise is one promise after its control ran.
type VerifiedPromise struct {
	ID         string         `json:"id"`
	Profile    string         `json:"profile"`
	Status     string         `json:"status"`
	Control    string         `json:"control"`
	MeasuredAt time.Time      `json:"measured_at,omitzero"`
	Figures    map[string]any `json:"figures"`
	Reason     string         `json:"reason"`
}

func (p *program) verifyCommand() *cobra.Command {
	var profileName, promise string
	var all bool
	c := p.verb("verify", "", typeOf[Verified](), func(c *call) error {
		conn, err := c.dial(operatorSlug, forData)
		if err != nil {
			return err
		}
		defer conn.close()
		var only []string
		if promise != "" {
			only = []string{promise}
		}
		out, err := c.verify(conn.Client, profileName, only, all)
		if err != nil {
			return err
		}
		return c.verified(out)
	})
	c.Flags().StringVar(&p.flags.tenant, "tenant", "", p.words.T("cli.flag.tenant"))
	c.Flags().StringVar(&profileName, "profile", "", p.words.T("cli.flag.profile"))
	c.Flags().StringVar(&promise, "promise", "", p.words.T("cli.flag.promise"))
	c.Flags().BoolVar(&all, "planned", false, p.words.T("cli.flag.planned"))
	return c
}

// verify runs the controls. Whoever watches sees how many have ended.
func (c *call) verify(to *client.Client, profile string, only []string, all bool) (Verified, error) {
	out := Verified{Promises: []VerifiedPromise{}, Summary: map[string]int{}}
	var shown []client.Standing
	bar := c.counter("cli.verify.running")
	err := to.Platform().Verify(c.ctx, profile, c.flags.tenant, only, func(s client.Standing) error {
		_ = bar.Add(1)
		out.Summary[s.Status]++
		out.Promises = append(out.Promises, VerifiedPromise{ID: s.ID, Profile: s.Profile, Status: s.Status, Control: s.Control,
			MeasuredAt: s.MeasuredAt, Figures: s.Figures, Reason: s.Reason})
		if s.Status != "planned" || all {
			shown = append(shown, s)
		}
		return nil
	})
	_ = bar.Finish()
	if c.flags.json {
		return out, err
	}
	if told := c.standings(shown); err == nil {
		err = told
	}
	return out, err
}

// standings prints the table, the worst first: what is failing must not scroll away
// above what is kept.
func (c *call) standings(list []client.Standing) error {
	order := []string{"failing", "unknown", "stale", "exception", "kept", "planned", "withdrawn"}
	slices.SortStableFunc(list, func(a, b client.Standing) int {
		return cmp.Compare(slices.Index(order, a.Status), slices.Index(order, b.Status))
	})
	w := tabwriter.NewWriter(c.out, 10, 0, 2, ' ', 0)
	for _, s := range list {
		row(w, mark(s.Status)+" "+c.words.T("cli.status."+s.Status), s.ID, s.Title.In(c.words.Lang()), s.Reason)
	}
	return w.Flush()
}

// counter shows a person in front of the terminal how many have ended.
func (c *call) counter(key string) *progressbar.ProgressBar {
	out := c.err
	if !c.terminal || c.flags.json {
		out = io.Discard
	}
	return progressbar.NewOptions(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(c.words.T(key)),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}

func mark(status string) string {
	switch status {
	case "kept":
		return "✓"
	case "failing":
		return "✗"
	case "planned", "withdrawn":
		return "·"
	default:
		return "?"
	}
}

// verified says the sum, and fails when anything is failing, stale or unknown.
func (c *call) verified(out Verified) error {
	if c.flags.json {
		if err := c.printJSON(out); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(c.out, c.words.T("cli.verify.sum", errs.Params{"kept": out.Summary["kept"], "failing": out.Summary["failing"],
			"stale": out.Summary["stale"], "unknown": out.Summary["unknown"], "planned": out.Summary["planned"]}))
	}
	if out.Summary["failing"]+out.Summary["stale"]+out.Summary["unknown"] > 0 {
		return errChecked
	}
	return nil
}
