package demo

import (
	"context"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
)

// cloud is the regions and key services of the demo.
type cloud struct {
	regions []tenant.Region
	kms     map[id.Name]server.KMS
	stop    func()
}

// openCloud declares the demo's regions over a local key service.
func openCloud(_ context.Context, o Options, note *Notebook) (*cloud, error) {
	local, err := localKMS(o, note)
	if err != nil {
		return nil, err
	}
	c := &cloud{kms: map[id.Name]server.KMS{"local": {Service: local, Key: kmsKey}}, stop: func() {}}
	for _, r := range []struct{ name, en, fr, law, country, city, provider, code string }{
		{"quebec", "Québec City", "Ville de Québec", "CA-QC", "CA", "Québec", "own", "qc-1"},
		{"alberta", "Alberta", "Alberta", "CA-AB", "CA", "Calgary", "own", "ab-1"},
		{"canada-central", "Central Canada", "Canada central", "CA", "CA", "Montréal", "aws", "ca-central-1"},
		{"sydney", "Sydney", "Sydney", "AU", "AU", "Sydney", "aws", "ap-southeast-2"},
		{"london", "London", "Londres", "GB", "GB", "London", "aws", "eu-west-2"},
		{"california", "Northern California", "Californie du Nord", "US", "US", "San Francisco", "aws", "us-west-1"},
		{"paris", "Paris", "Paris", "EU", "FR", "Paris", "aws", "eu-west-3"},
		{"main-host", "Main host, Newark", "Hébergeur principal, Newark", "US", "US", "Newark", "linode", "us-east"},
		{"frankfurt", "Frankfurt", "Francfort", "EU", "DE", "Frankfurt", "aws", "eu-central-1"},
	} {
		c.regions = append(c.regions, region(o, id.Name(r.name), r.en, r.fr, r.law, r.country, r.city, r.provider, r.code))
	}
	return c, nil
}

func (c *cloud) close() { c.stop() }

// knobs are what a sabotage may turn; none yet.
func (c *cloud) knobs() assurance.Cloud { return nil }
