package main

import (
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

// ProfileList is what profile list answers.
type ProfileList struct {
	Profiles []ProfileInfo `json:"profiles"`
}

// ProfileInfo is a profile as the program carries it.
type ProfileInfo struct {
	Name        string      `json:"name"`
	Version     int         `json:"version"`
	Title       client.Text `json:"title"`
	Summary     client.Text `json:"summary"`
	Promises    int         `json:"promises"`
	Collections int         `json:"collections"`
	Roles       int         `json:"roles"`
}

// ProfileCheck is what profile check answers.
type ProfileCheck struct {
	Profiles int `json:"profiles"`
	Promises int `json:"promises"`
}

func (p *program) profileCommand() *cobra.Command {
	return p.group("profile", p.profileList(), p.profileCheck(), p.profilePlan(), p.profileApply())
}

func (p *program) profileList() *cobra.Command {
	return p.verb("profile.list", "", typeOf[ProfileList](), func(c *call) error {
		set, err := profile.Load(profiles.FS)
		if err != nil {
			return err
		}
		out := ProfileList{}
		for _, p := range set.Profiles() {
			out.Profiles = append(out.Profiles, ProfileInfo{Name: string(p.Name), Version: p.Version, Title: client.Text(p.Title),
				Summary: client.Text(p.Summary), Promises: len(p.Promises), Collections: len(p.Collection), Roles: len(p.Roles)})
		}
		return c.answer(out, func(w *tabwriter.Writer) {
			c.head(w, "profile", "title", "promises", "collections", "roles")
			for _, i := range out.Profiles {
				row(w, i.Name, i.Title.In(c.words.Lang()), c.words.Number(int64(i.Promises)), c.words.Number(int64(i.Collections)),
					c.words.Number(int64(i.Roles)))
			}
		})
	})
}

func (p *program) profileCheck() *cobra.Command {
	return p.verb("profile.check", "[FILE]", typeOf[ProfileCheck](), func(c *call) error {
		out := ProfileCheck{Profiles: 1}
		if file := c.arg(0); file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			one, err := profile.Parse(file, text)
			if err != nil {
				return err
			}
			out.Promises = len(one.Promises)
		} else {
			set, err := profile.Load(profiles.FS)
			if err != nil {
				return err
			}
			out = ProfileCheck{len(set.Profiles()), len(set.Promises())}
		}
		return c.answer(out, func(*tabwriter.Writer) {
			c.say("cli.profile.sound", errs.Params{"profiles": out.Profiles, "promises": out.Promises})
		})
	})
}

func (c *call) showPlan(plan client.ProfilePlan) error {
	return c.answer(plan, func(w *tabwriter.Writer) {
		if len(plan.Changes) == 0 {
			c.say("cli.profile.same")
			return
		}
		for _, d := range plan.Changes {
			harm := ""
			if d.Harm != "none" {
				harm = c.words.T("profile.harm." + d.Harm)
			}
			row(w, d.Text, harm)
		}
		c.fact(w, "confirm", plan.To)
	})
}

func (p *program) profilePlan() *cobra.Command {
	c := p.verb("profile.plan", "", typeOf[client.ProfilePlan](), func(c *call) error {
		tenant, err := c.tenant()
		if err != nil {
			return err
		}
		return c.above(func(platform *client.Platform) error {
			plan, err := platform.PlanProfile(c.ctx, tenant)
			if err != nil {
				return err
			}
			return c.showPlan(plan)
		})
	})
	return p.tenantFlag(c)
}

func (p *program) profileApply() *cobra.Command {
	var confirm string
	c := p.verb("profile.apply", "", typeOf[client.ProfilePlan](), func(c *call) error {
		tenant, err := c.tenant()
		if err != nil {
			return err
		}
		return c.above(func(platform *client.Platform) error {
			plan, err := platform.ApplyProfile(c.ctx, tenant, confirm)
			if err != nil {
				return err
			}
			return c.showPlan(plan)
		})
	})
	c.Flags().StringVar(&confirm, "confirm", "", p.words.T("cli.flag.confirm"))
	return p.tenantFlag(c)
}
