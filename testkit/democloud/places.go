package democloud

import (
	"path/filepath"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/imds"
)

// place is one region as it is declared; a provider that is not "aws" says where it
// is in a file.
type place struct{ name, en, fr, law, country, city, provider, code string }

func places() []place {
	return []place{
		{"quebec", "Québec City", "Ville de Québec", "CA-QC", "CA", "Québec", "own", "qc-1"},
		{"alberta", "Alberta", "Alberta", "CA-AB", "CA", "Calgary", "own", "ab-1"},
		{"canada-central", "Central Canada", "Centre du Canada", "CA", "CA", "Montréal", aws, "ca-central-1"},
		{"sydney", "Sydney", "Sydney", "AU", "AU", "Sydney", aws, "ap-southeast-2"},
		{"london", "London", "Londres", "GB", "GB", "London", aws, "eu-west-2"},
		{"california", "Northern California", "Californie du Nord", "US", "US", "San Francisco", aws, "us-west-1"},
		{"paris", "Paris", "Paris", "EU", "FR", "Paris", aws, "eu-west-3"},
		{"main-host", "Main host, Newark", "Hébergeur principal, Newark", "US", "US", "Newark", "linode", "us-east"},
		{"frankfurt", "Frankfurt", "Francfort", "EU", "DE", "Frankfurt", aws, "eu-central-1"},
	}
}

const aws = "aws"

// region declares a place, with its folder below dir.
func (p place) region(dir, metadata string) tenant.Region {
	return tenant.Region{Name: id.Name(p.name), Title: tenant.Text{EN: p.en, FR: p.fr}, Jurisdiction: p.law, Country: p.country,
		City: p.city, Provider: p.provider, Code: p.code, Engine: db.SQLite, Dir: filepath.Join(dir, "regions", p.name),
		KMS: Local, Metadata: metadata}
}

// machine is what the place says of itself, unless it is told to say something else:
// "region", "account" and "zone" of a place of AWS; "provider", "region", "city" and
// "country" of another.
func (p place) machine(say map[string]string) imds.Machine {
	m := imds.Machine{Region: p.code}
	for at, word := range map[*string]string{&m.Region: say["region"], &m.Account: say["account"], &m.Zone: say["zone"]} {
		if word != "" {
			*at = word
		}
	}
	return m
}

func (p place) file(say map[string]string) tenant.Metadata {
	m := tenant.Metadata{Provider: p.provider, Code: p.code, City: p.city, Country: p.country}
	for at, word := range map[*string]string{&m.Provider: say["provider"], &m.Code: say["region"], &m.City: say["city"], &m.Country: say["country"]} {
		if word != "" {
			*at = word
		}
	}
	return m
}
