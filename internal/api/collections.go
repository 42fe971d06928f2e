package api

import (
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Text is a sentence in both languages.
type Text struct {
	EN string `json:"en"`
	FR string `json:"fr"`
}

func textOf(t tenant.Text) Text { return Text{EN: t.EN, FR: t.FR} }

// CollectionList is the collections of a tenant.
type CollectionList struct {
	Collections []Collection `json:"collections"`
}

// Collection is a typed set of records.
type Collection struct {
	Name      string    `json:"name"`
	Title     Text      `json:"title"`
	Class     string    `json:"class"`
	Placement string    `json:"placement"`
	About     string    `json:"about" enum:"self,subject,nobody"`
	Of        string    `json:"of,omitzero"`
	Records   int64     `json:"records"`
	Register  bool      `json:"register,omitzero"`
	Fields    []Field   `json:"fields"`
	Life      *Life     `json:"life,omitzero"`
	Purposes  []Purpose `json:"purposes"`
	Retention Retention `json:"retention"`
}

// Field is one field of a collection.
type Field struct {
	Name      string   `json:"name"`
	Title     Text     `json:"title"`
	Kind      string   `json:"kind"`
	Class     string   `json:"class"`
	Required  bool     `json:"required,omitzero"`
	Personal  bool     `json:"personal,omitzero"`
	Open      bool     `json:"open,omitzero"`
	Findable  bool     `json:"findable,omitzero"`
	Unique    bool     `json:"unique,omitzero"`
	Options   []string `json:"options,omitzero"`
	MaxLength int      `json:"max_length,omitzero"`
	Of        string   `json:"of,omitzero"`
}

// Life is the life cycle of the records of a collection.
type Life struct {
	Initial     string  `json:"initial"`
	States      []State `json:"states"`
	Transitions []Move  `json:"transitions"`
}

// State is one state of a life cycle.
type State struct {
	Name  string `json:"name"`
	Title Text   `json:"title"`
}

// Purpose is why data may be read.
type Purpose struct {
	Name               string `json:"name"`
	Title              Text   `json:"title"`
	Basis              string `json:"basis"`
	DespiteRestriction bool   `json:"despite_restriction,omitzero"`
}

// Retention is how long records live.
type Retention struct {
	Months int    `json:"months,omitzero"`
	Days   int    `json:"days,omitzero"`
	Why    string `json:"why,omitzero"`
}

func listCollections(c *call) error {
	p, err := c.enter()
	if err != nil {
		return err
	}
	schema, err := c.api.Vault.Schema(c.r.Context(), p)
	if err != nil {
		return err
	}
	out := CollectionList{Collections: make([]Collection, 0, len(schema.Collections))}
	for i := range schema.Collections {
		shown := collectionOf(&schema.Collections[i])
		if shown.Records, err = c.api.Vault.Count(c.r.Context(), p, schema.Collections[i].Name); err != nil {
			return err
		}
		out.Collections = append(out.Collections, shown)
	}
	return c.answer(out)
}

func collectionOf(k *vault.Collection) Collection {
	out := Collection{Name: string(k.Name), Title: textOf(k.Title), Class: string(k.Class), Placement: string(k.Placement),
		About: string(k.About), Of: string(k.Of), Register: k.Register, Fields: []Field{}, Purposes: []Purpose{},
		Retention: Retention{Months: k.Retention.Months, Days: k.Retention.Days, Why: k.Retention.Why}}
	for _, f := range k.Fields {
		out.Fields = append(out.Fields, Field{Name: string(f.Name), Title: textOf(f.Title), Kind: string(f.Kind),
			Class: string(f.Class), Required: f.Required, Personal: f.Personal, Open: f.Open, Findable: f.Findable != nil,
			Unique: f.Findable != nil && f.Findable.Unique, Options: f.Options, MaxLength: f.MaxLength, Of: string(f.Of)})
	}
	for _, p := range k.Purposes {
		out.Purposes = append(out.Purposes, Purpose{Name: string(p.Name), Title: textOf(p.Title), Basis: p.Basis,
			DespiteRestriction: p.DespiteRestriction})
	}
	if k.Life == nil {
		return out
	}
	out.Life = &Life{Initial: string(k.Life.Initial), States: []State{}, Transitions: []Move{}}
	for _, s := range k.Life.States {
		out.Life.States = append(out.Life.States, State{Name: string(s.Name), Title: textOf(s.Title)})
	}
	for _, e := range k.Life.Edges {
		out.Life.Transitions = append(out.Life.Transitions, Move{From: string(e.From), To: string(e.To)})
	}
	return out
}

// words turns names into texts; never nil, so that JSON says [].
func words(names []id.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return out
}

// names turns texts into names; whoever takes them says which exist.
func names(words []string) []id.Name {
	out := make([]id.Name, len(words))
	for i, w := range words {
		out[i] = id.Name(w)
	}
	return out
}
