package main

import (
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/internal/config"
)

// Settings is what config check answers.
type Settings struct {
	Settings []SettingInfo `json:"settings"`
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
	check := p.verb("config.check", "", typeOf[Settings](), func(c *call) error {
		cfg, err := c.settings()
		if err != nil {
			return err
		}
		if err := cfg.Validate(); err != nil {
			return err
		}
		out := Settings{}
		for _, s := range cfg.Settings() {
			out.Settings = append(out.Settings, SettingInfo{s.Path, s.Value, s.Origin})
		}
		return c.answer(out, func(w *tabwriter.Writer) {
			c.head(w, "setting", "value", "origin")
			for _, s := range out.Settings {
				row(w, s.Path, s.Value, s.Origin)
			}
			c.say("cli.config.sound")
		})
	})
	return p.group("config", check)
}
