package main

import (
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/internal/config"
	"garant.example/internal/errs"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

// Settings is what config check answers.
type Settings struct {
	Settings []SettingInfo `json:"settings"`
	Profiles []Served      `json:"profiles"`
}

// Served is what a profile finds in the configuration.
type Served struct {
	Profile string         `json:"profile"`
	Serves  []string       `json:"serves"` // countries whose tenants can be opened
	Lacks   []LackedRegion `json:"lacks"`
}

// LackedRegion is a region that a profile wants and the configuration does not
// declare, or not for these countries.
type LackedRegion struct {
	Region    string   `json:"region"`
	Countries []string `json:"countries"`
}

// SettingInfo is one setting in force.
type SettingInfo struct {
	Path   string `json:"path"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// settings reads the configuration as the flags and the environment say.
func (p *program) settings() (*config.Config, error) {
	flags := map[string]string{}
	if p.flags.data != "" {
		flags["data"] = p.flags.data
	}
	return config.Load(config.Source{File: p.configFile(), Env: p.configEnv(), Flags: flags})
}

// configFile is the file of the flag, or of GARANT_CONFIG.
func (p *program) configFile() string {
	if p.flags.config != "" {
		return p.flags.config
	}
	return p.getenv("GARANT_CONFIG")
}

func (p *program) configCommand() *cobra.Command {
	var missing bool
	check := p.verb("config.check", "", typeOf[Settings](), func(c *call) error {
		cfg, err := c.settings()
		if err != nil {
			return err
		}
		if err := cfg.Validate(); err != nil {
			return err
		}
		set, err := profile.Load(profiles.FS)
		if err != nil {
			return err
		}
		if missing {
			_, err := io.WriteString(c.out, c.regionsYAML(set, func(n profile.Need) bool { _, declared := cfg.Regions[string(n.Region)]; return !declared }))
			return err
		}
		out := Settings{Profiles: served(cfg, set)}
		for _, s := range cfg.Settings() {
			out.Settings = append(out.Settings, SettingInfo{s.Path, s.Value, s.Origin})
		}
		return c.answer(out, func(w *tabwriter.Writer) {
			c.head(w, "setting", "value", "origin")
			for _, s := range out.Settings {
				row(w, s.Path, s.Value, s.Origin)
			}
			c.say("cli.config.sound")
			c.warnOfRegions(out.Profiles)
		})
	})
	check.Flags().BoolVar(&missing, "regions", false, p.words.T("cli.flag.regions"))
	return p.group("config", check)
}

// served holds every profile but the operator's own against the configuration.
func served(cfg *config.Config, set *profile.Set) []Served {
	list := []Served{}
	for _, of := range set.Profiles() {
		if of.Operator {
			continue
		}
		s := Served{Profile: string(of.Name), Serves: []string{}, Lacks: []LackedRegion{}}
		for _, n := range of.Needs() {
			region, declared := cfg.Regions[string(n.Region)]
			var without []string
			for _, country := range n.Countries {
				if declared && (len(region.Countries) == 0 || slices.Contains(region.Countries, country)) {
					s.Serves = append(s.Serves, country)
				} else {
					without = append(without, country)
				}
			}
			if len(without) > 0 {
				s.Lacks = append(s.Lacks, LackedRegion{string(n.Region), without})
			}
		}
		slices.Sort(s.Serves)
		list = append(list, s)
	}
	return list
}

// warnOfRegions says which tenants cannot be opened for want of a region. It is no
// mistake: an operator need not serve every country of every profile.
func (c *call) warnOfRegions(list []Served) {
	any := false
	for _, s := range list {
		if len(s.Lacks) == 0 {
			continue
		}
		var lacks []string
		for _, l := range s.Lacks {
			lacks = append(lacks, l.Region+" ("+strings.Join(l.Countries, " ")+")")
		}
		key := "cli.config.partly"
		if len(s.Serves) == 0 {
			key = "cli.config.unserved"
		}
		c.say(key, errs.Params{"profile": s.Profile, "serves": strings.Join(s.Serves, " "), "regions": strings.Join(lacks, ", ")})
		any = true
	}
	if any {
		c.say("cli.config.regions")
	}
}
