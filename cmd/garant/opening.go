package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

func (p *program) tenantCreate() *cobra.Command {
	var n client.NewTenant
	var starts, ends string
	c := p.verb("tenant.create", "NAME", typeOf[client.OpenedTenant](), func(c *call) error {
		n.Slug = c.arg(0)
		if err := c.period(&n.StartsAt, starts, &n.EndsAt, ends); err != nil {
			return err
		}
		if err := complete(&n); err != nil {
			return err
		}
		return c.above(func(platform *client.Platform) error {
			made, err := platform.Open(c.ctx, n)
			if err != nil {
				return err
			}
			return c.answer(made, func(w *tabwriter.Writer) { c.opened(w, made) })
		})
	})
	f := c.Flags()
	f.StringVar(&n.Title, "title", "", p.words.T("cli.flag.title"))
	f.StringVar(&n.Profile, "profile", "", p.words.T("cli.flag.profile"))
	f.StringVar(&n.Country, "country", "", p.words.T("cli.flag.country"))
	f.StringVar(&n.Lang, "tenant-lang", p.words.Lang(), p.words.T("cli.flag.tenant_lang"))
	f.StringSliceVar(&n.Hosts, "host", nil, p.words.T("cli.flag.host"))
	f.BoolVar(&n.Canary, "canary", false, p.words.T("cli.flag.canary"))
	f.StringVar(&starts, "starts", "", p.words.T("cli.flag.starts"))
	f.StringVar(&ends, "ends", "", p.words.T("cli.flag.ends"))
	f.StringVar(&n.Admin.Name, "admin-name", "", p.words.T("cli.flag.admin_name"))
	f.StringVar(&n.Admin.SignIn, "admin", "", p.words.T("cli.flag.admin"))
	f.StringVar(&n.Admin.Email, "admin-email", "", p.words.T("cli.flag.admin_email"))
	return c
}

// complete adds what follows from what was said, and names the flag of what does not.
func complete(n *client.NewTenant) error {
	for _, needed := range []struct{ flag, value string }{{"profile", n.Profile}, {"country", n.Country}} {
		if needed.value == "" {
			return missingFlag(needed.flag)
		}
	}
	if n.Title == "" {
		n.Title = n.Slug
	}
	if n.Canary && n.Admin == (client.Person{}) {
		return nil // the controls bring their own people
	}
	if n.Admin.SignIn == "" {
		return missingFlag("admin")
	}
	local, _, address := strings.Cut(n.Admin.SignIn, "@")
	if address && n.Admin.Email == "" {
		n.Admin.Email = n.Admin.SignIn
	}
	if n.Admin.Name == "" {
		n.Admin.Name = local
	}
	if n.Admin.Lang == "" {
		n.Admin.Lang = n.Lang
	}
	return nil
}

func (c *call) opened(w *tabwriter.Writer, made client.OpenedTenant) {
	c.fact(w, "tenant", made.Tenant.Slug+" ("+made.Tenant.ID+")")
	c.fact(w, "region", regionOf(made.Tenant))
	c.fact(w, "canary", made.Canary)
	c.fact(w, "trust", c.address()+"/"+c.words.Lang()+"/trust/"+made.Tenant.Slug)
	if made.Admin.Password == "" {
		return
	}
	c.fact(w, "address", c.address()+"/t/"+made.Tenant.Slug+"/sign-in")
	c.fact(w, "sign_in", made.Admin.Account.Person.SignIn)
	c.fact(w, "password", made.Admin.Password)
	c.fact(w, "token", made.Token.Secret)
	c.say("cli.shown_once")
	c.next(made)
}

// address is how people reach the platform: what the configuration says, else where
// this command reached it.
func (c *call) address() string {
	if c.flags.data == "" && c.configFile() != "" {
		if cfg, err := c.settings(); err == nil {
			return strings.TrimSuffix(cfg.URL, "/")
		}
	}
	return strings.TrimSuffix(c.flags.server, "/")
}

// next prints the commands that come next, ready to be run: how data comes in, and
// who may read the log, which the first person may not.
func (c *call) next(made client.OpenedTenant) {
	at := c.again() + " --tenant " + made.Tenant.Slug
	word := c.words.T("cli.word.sign_in")
	line := func(key, command string) {
		fmt.Fprintln(c.err, "  # "+c.words.T(key))
		fmt.Fprintln(c.err, "  garant "+command)
	}
	c.say("cli.tenant.next")
	line("cli.tenant.next.login", "login --as "+quotedIfNeeded(made.Admin.Account.Person.SignIn)+at)
	if role := auditors(made.Tenant.Profile); role != "" {
		line("cli.tenant.next.auditor", "account invite "+word+` --name "`+c.words.T("cli.word.name")+`" --role `+role+at)
		line("cli.tenant.next.log", "login --as "+word+" --for audit"+at)
		fmt.Fprintln(c.err, "  garant audit show"+at)
	}
	if made.Token.Secret != "" {
		line("cli.tenant.next.import", "import "+c.words.T("cli.word.file")+" --token "+c.words.T("cli.word.token")+" --collection "+c.words.T("cli.word.collection")+at)
	}
}

// again repeats the flags by which this command found the platform.
func (c *call) again() string {
	var out string
	for _, f := range []struct{ name, value string }{{"config", c.flags.config}, {"data", c.flags.data}} {
		if f.value != "" {
			out += " --" + f.name + " " + quotedIfNeeded(f.value)
		}
	}
	if out == "" && c.configFile() == "" && c.getenv("GARANT_SERVER") == "" {
		out = " --server " + c.flags.server
	}
	return out
}

func quotedIfNeeded(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-") == "" {
		return s
	}
	return quoted(s)
}

// auditors is the role of a profile whose holders read the log; "" for a profile
// that this program does not carry.
func auditors(name string) string {
	set, err := profile.Load(profiles.FS)
	if err != nil {
		return ""
	}
	found, ok := set.Profile(id.Name(name))
	if !ok {
		return ""
	}
	for _, role := range found.Roles {
		for _, rule := range role.Rules {
			if role.Holders == "auditors" && rule.On == "log" && slices.Contains(rule.Allow, "read") {
				return string(role.Name)
			}
		}
	}
	return ""
}

// lacking is the key of the refusal for want of a region.
const lacking = "server.region.lacking"

// propose prints what the configuration lacks, as it is written there.
func (p *program) propose(f failure) {
	set, err := profile.Load(profiles.FS)
	if f.Key != lacking || err != nil {
		return
	}
	var names []id.Name
	for _, at := range f.Errors {
		if name, ok := strings.CutPrefix(at.Pointer, "/regions/"); ok {
			names = append(names, id.Name(name))
		}
	}
	fmt.Fprint(p.err, p.regionsYAML(set, func(n profile.Need) bool { return slices.Contains(names, n.Region) }))
}

// regionsYAML writes the regions that profiles want and keep chooses, to be completed:
// what no profile says is a pair of question marks, which the configuration refuses.
func (p *program) regionsYAML(set *profile.Set, keep func(profile.Need) bool) string {
	wanted := wantedRegions(set)
	var out strings.Builder
	for _, n := range wanted {
		if !keep(n) {
			continue
		}
		if out.Len() == 0 {
			out.WriteString("regions:\n")
		}
		country := "??"
		if len(n.Countries) == 1 {
			country = n.Countries[0]
		}
		law := n.Jurisdiction
		if law == "" {
			law = country
		}
		fmt.Fprintf(&out, "  %s: # %s\n", n.Region, p.words.T("cli.regions.for", errs.Params{"countries": strings.Join(n.Countries, ", ")}))
		fmt.Fprintf(&out, "    title_en: %s\n    title_fr: %s\n", n.Region, n.Region)
		fmt.Fprintf(&out, "    jurisdiction: %q # %s\n", law, p.words.T("cli.regions.law"))
		fmt.Fprintf(&out, "    country: %q # %s\n", country, p.words.T("cli.regions.ground"))
		if n.Code != "" {
			fmt.Fprintf(&out, "    code: %s # %s\n", n.Code, p.words.T("cli.regions.code"))
		}
	}
	return out.String()
}

// wantedRegions are those of all profiles, each once.
func wantedRegions(set *profile.Set) []profile.Need {
	var all []profile.Need
	for _, of := range set.Profiles() {
		for _, n := range of.Needs() {
			i := slices.IndexFunc(all, func(have profile.Need) bool { return have.Region == n.Region })
			if i < 0 {
				all = append(all, n)
				continue
			}
			all[i].Countries = append(all[i].Countries, n.Countries...)
			slices.Sort(all[i].Countries)
			all[i].Countries = slices.Compact(all[i].Countries)
			all[i].Jurisdiction, all[i].Code = first(all[i].Jurisdiction, n.Jurisdiction), first(all[i].Code, n.Code)
		}
	}
	slices.SortFunc(all, func(a, b profile.Need) int { return strings.Compare(string(a.Region), string(b.Region)) })
	return all
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
