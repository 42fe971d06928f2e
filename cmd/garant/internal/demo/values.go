package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// maker makes records of any collection that look lived in: it goes by the kind
// of a field and by what its name says.
type maker struct {
	r       *rand.Rand
	country string
	now     time.Time
	n       int
}

// fields makes the fields of one record.
func (m *maker) fields(c *vault.Collection, made map[id.Name][]id.Record) ([]byte, error) {
	m.n++
	p := newPerson(m.r, m.country, m.n)
	values := map[string]any{}
	for i := range c.Fields {
		f := &c.Fields[i]
		if !f.Required && m.r.IntN(6) == 0 {
			continue
		}
		if f.Kind == vault.Ref {
			if known := made[f.Of]; len(known) > 0 {
				values[string(f.Name)] = pick(m.r, known).String()
			}
			continue
		}
		if v := m.value(f, p); v != nil {
			values[string(f.Name)] = v
		}
	}
	return json.Marshal(values, json.Deterministic(true))
}

func (m *maker) value(f *vault.Field, p person) any {
	switch f.Kind {
	case vault.Email:
		return p.email
	case vault.Phone:
		return p.phone
	case vault.Enum:
		return pick(m.r, f.Options)
	case vault.Choices:
		return m.some(f.Options)
	case vault.Integer:
		return m.integer(f, p)
	case vault.Decimal:
		return float64(m.r.IntN(100000)) / 100
	case vault.Boolean:
		return m.r.IntN(3) > 0
	case vault.Date:
		return m.now.AddDate(0, 0, -m.r.IntN(700)).Format(time.DateOnly)
	case vault.Moment:
		return m.now.Add(-time.Duration(m.r.IntN(700*24)) * time.Hour).UTC().Format(time.RFC3339)
	case vault.Country:
		return m.country
	case vault.Language:
		return p.lang
	case vault.URL:
		return fmt.Sprintf("https://www.example.org/%d", m.n)
	case vault.Text:
		return m.text(f, p)
	default:
		return nil
	}
}

func (m *maker) some(options []string) []string {
	list := []string{}
	for _, o := range options {
		if m.r.IntN(2) == 0 {
			list = append(list, o)
		}
	}
	return list
}

func (m *maker) integer(f *vault.Field, p person) int64 {
	if strings.Contains(string(f.Name), "birth") {
		return int64(p.birth)
	}
	low, high := int64(0), int64(100)
	if f.Min != nil {
		low, high = *f.Min, *f.Min+100
	}
	if f.Max != nil {
		high = *f.Max
	}
	return low + m.r.Int64N(max(high-low, 1))
}

// text goes by what the name of the field says.
func (m *maker) text(f *vault.Field, p person) string {
	name := string(f.Name)
	if !f.Personal && name == "name" { // of a campaign or a site: no person's
		name = "title"
	}
	text := m.words(name, p)
	if f.MaxLength > 0 && len(text) > f.MaxLength {
		text = strings.ToValidUTF8(text[:f.MaxLength], "")
	}
	if f.Pattern != "" {
		return m.code(f)
	}
	return text
}

func (m *maker) words(name string, p person) string {
	for _, w := range []struct{ part, text string }{
		{"first", p.first}, {"given", p.first}, {"last", p.last}, {"family", p.last}, {"surname", p.last},
		{"display", p.first + " " + p.last[:1] + "."}, {"organi", pick(m.r, organisations())}, {"company", pick(m.r, organisations())},
		{"employer", pick(m.r, organisations())}, {"street", p.street}, {"address", p.street + ", " + p.postal + " " + p.city},
		{"city", p.city}, {"town", p.city}, {"postal", p.postal}, {"postcode", p.postal}, {"zip", p.postal},
		{"reference", fmt.Sprintf("%c%c-%06d", 'A'+m.n%26, 'A'+m.n/26%26, 100000+m.n)}, {"number", fmt.Sprintf("%010d", 1000000000+m.n)},
		{"identifier", fmt.Sprintf("%010d", 2000000000+m.n)}, {"external", fmt.Sprintf("x%09d", m.n)},
	} {
		if strings.Contains(name, w.part) {
			return w.text
		}
	}
	if strings.Contains(name, "name") || strings.Contains(name, "person") {
		return p.first + " " + p.last
	}
	if strings.Contains(name, "title") || strings.Contains(name, "subject") {
		return pick(m.r, titles(p.lang))
	}
	return pick(m.r, remarks(p.lang))
}

// code tries plain texts against a pattern until one fits: patterns of the
// profiles are simple codes.
func (m *maker) code(f *vault.Field) string {
	for _, shape := range []string{"v1_%020d", "%06d", "%010d", "AB-%06d", "AB%06d", "%04d", "x%09d", "ref-%06d"} {
		s := fmt.Sprintf(shape, 100000+m.n)
		if f.Fits(s) {
			return s
		}
	}
	return ""
}

func organisations() []string {
	return []string{"Ateliers du Fleuve", "Coopérative Boréale", "Maison Verdier", "Northwind Pottery", "Harbour & Sons", "Tui Logistics", "Clinique des Érables", "Imprimerie Sévigny", "Blue Gum Bakery", "Fjord Instruments"}
}

func titles(lang string) []string {
	if lang == "fr" {
		return []string{"Piste cyclable du boulevard", "Horaires de la bibliothèque", "Refonte de la page d’accueil", "Mise à jour du contrat", "Demande de rappel", "Accès à l’espace client"}
	}
	return []string{"Cycle lane on the boulevard", "Library opening hours", "New home page", "Contract update", "Please call back", "Access to my account"}
}

func remarks(lang string) []string {
	if lang == "fr" {
		return []string{
			"Le passage piéton devant l’école devrait être mieux éclairé.",
			"J’aimerais recevoir le compte rendu de la réunion de novembre.",
			"Préfère être jointe par courriel, le matin.",
			"A demandé la correction de son adresse le mois dernier.",
			"Le bouton vert se lit mieux que le bleu sur un petit écran.",
			"Très satisfaite de l’accueil ; l’attente au téléphone était longue.",
		}
	}
	return []string{
		"The crossing in front of the school should be better lit.",
		"I would like to receive the minutes of the November meeting.",
		"Prefers to be reached by e-mail, in the morning.",
		"Asked for the correction of her address last month.",
		"The green button reads better than the blue one on a small screen.",
		"Very pleased with the welcome; the wait on the phone was long.",
	}
}
