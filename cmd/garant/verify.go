package main

import (
	"text/tabwriter"
	"time"

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

// verify runs the controls and tells each as it ends to whoever watches.
func (c *call) verify(to *client.Client, profile string, only []string, all bool) (Verified, error) {
	out := Verified{Promises: []VerifiedPromise{}, Summary: map[string]int{}}
	err := to.Platform().Verify(c.ctx, profile, c.flags.tenant, only, func(s client.Standing) error {
		out.Summary[s.Status]++
		out.Promises = append(out.Promises, VerifiedPromise{ID: s.ID, Profile: s.Profile, Status: s.Status, Control: s.Control,
			MeasuredAt: s.MeasuredAt, Figures: s.Figures, Reason: s.Reason})
		if c.flags.json || s.Status == "planned" && !all {
			return nil
		}
		w := tabwriter.NewWriter(c.out, 10, 0, 2, ' ', 0)
		row(w, mark(s.Status)+" "+c.words.T("cli.status."+s.Status), s.ID, s.Title.In(c.words.Lang()), s.Reason)
		return w.Flush()
	})
	return out, err
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
		c.say("cli.verify.sum", errs.Params{"kept": out.Summary["kept"], "failing": out.Summary["failing"],
			"stale": out.Summary["stale"], "unknown": out.Summary["unknown"], "planned": out.Summary["planned"]})
	}
	if out.Summary["failing"]+out.Summary["stale"]+out.Summary["unknown"] > 0 {
		return errChecked
	}
	return nil
}
