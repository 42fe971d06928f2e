package main

import (
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/profile"
	"garant.example/internal/server"
	"garant.example/profiles"
)

// PromiseList is what promises answers.
type PromiseList struct {
	Promises []PromiseInfo `json:"promises"`
}

// PromiseInfo is one promise as declared.
type PromiseInfo struct {
	ID        string      `json:"id"`
	Profile   string      `json:"profile"`
	Slice     string      `json:"slice"`
	Kind      string      `json:"kind"`
	Mechanism string      `json:"mechanism"`
	Control   string      `json:"control"`
	Text      client.Text `json:"text"`
	Sabotage  bool        `json:"sabotage"`
}

func (p *program) promisesCommand() *cobra.Command {
	var only string
	c := p.verb("promises", "", typeOf[PromiseList](), func(c *call) error {
		set, err := profile.Load(profiles.FS)
		if err != nil {
			return err
		}
		playable, err := server.Sabotages(set)
		if err != nil {
			return err
		}
		out := PromiseList{Promises: []PromiseInfo{}}
		for _, q := range set.Promises() {
			if only != "" && string(q.Profile) != only {
				continue
			}
			out.Promises = append(out.Promises, PromiseInfo{ID: string(q.ID), Profile: string(q.Profile), Slice: string(q.Slice),
				Kind: string(q.Kind), Mechanism: string(q.Control.Mechanism), Control: string(q.Control.Mechanism) + " every " + q.Control.Every,
				Text: client.Text(q.Text), Sabotage: playable[q.ID]})
		}
		return c.answer(out, func(w *tabwriter.Writer) {
			c.head(w, "promise", "profile", "mechanism", "text")
			for _, q := range out.Promises {
				row(w, q.ID, q.Profile, q.Mechanism, q.Text.In(c.words.Lang()))
			}
		})
	})
	c.Flags().StringVar(&only, "profile", "", p.words.T("cli.flag.profile"))
	return c
}
