package tenant

import (
	"fmt"
	"path/filepath"

	"garant.example/internal/db"
	"garant.example/internal/id"
)

// Region is a place where placements can be: declared in the configuration, and
// checked against what the place says of itself.
type Region struct {
	Name         id.Name
	Title        Text
	Jurisdiction string // whose law holds there: "CA-QC", "AU", "EU"
	Country      string // ISO 3166-1 alpha-2 of the ground it stands on
	City         string
	Provider     string // who runs the machines: "aws", "own"
	Code         string // the provider's own name of the region: "ca-central-1"
	Engine       db.Engine
	Dir          string    // SQLite: the folder of the region
	DSN          db.Secret // PostgreSQL: the server of the region
	KMS          id.Name   // which configured KMS holds the tenants' keys
	Metadata     string    // where the place says where it is: a URL, or a file
}

// Text is a sentence in both languages.
type Text struct {
	EN string `json:"en" yaml:"en"`
	FR string `json:"fr" yaml:"fr"`
}

// In returns the sentence in a language, "fr" or anything else for English.
func (t Text) In(lang string) string {
	if lang == "fr" {
		return t.FR
	}
	return t.EN
}

// Validate says what is missing.
func (r Region) Validate() error {
	if _, err := id.ParseName(string(r.Name)); err != nil {
		return fmt.Errorf("region %q: the name is lower-case letters, digits and hyphens", r.Name)
	}
	if len(r.Country) != 2 || r.Jurisdiction == "" {
		return fmt.Errorf("region %q: country and jurisdiction are needed", r.Name)
	}
	switch r.Engine {
	case db.SQLite:
		if r.Dir == "" {
			return fmt.Errorf("region %q: a folder is needed", r.Name)
		}
	case db.Postgres:
		if r.DSN == "" {
			return fmt.Errorf("region %q: the address of the PostgreSQL server is needed", r.Name)
		}
	default:
		return fmt.Errorf("region %q: engine %q is neither sqlite nor postgres", r.Name, r.Engine)
	}
	return nil
}

// place says where a database of a tenant lies in the region.
func (r Region) place(t id.Tenant, family db.Family, name id.Name) db.Place {
	p := db.Place{Engine: r.Engine, Family: family}
	folder := "tenants"
	if family == db.Keyring {
		folder = "keyrings" // apart, because keyrings have their own, short backup life
	}
	if r.Engine == db.SQLite {
		p.Path = filepath.Join(r.Dir, folder, t.String(), string(name)+".db")
		return p
	}
	p.DSN = r.DSN
	p.Name = fmt.Sprintf("garant_%s_%s_%s", folder[:3], t.String(), name)
	return p
}
