package demo

import (
	"context"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/democloud"
)

// cloud is the regions and key services of the demo.
type cloud struct {
	regions []tenant.Region
	kms     map[id.Name]server.KMS
	places  *democloud.Cloud
}

// openCloud starts a stand-in for the providers: each region says of itself where it
// is, as a rented machine would.
func openCloud(_ context.Context, o Options, note *Notebook) (*cloud, error) {
	local, err := localKMS(o, note)
	if err != nil {
		return nil, err
	}
	places, err := democloud.Start(democloud.Options{Dir: o.Dir, Clock: o.Clock, Local: server.KMS{Service: local, Key: kmsKey}})
	if err != nil {
		return nil, err
	}
	return &cloud{regions: places.Regions(), kms: places.KMS(), places: places}, nil
}

func (c *cloud) close() {
	_ = c.places.Close() // its sockets are going anyway
}

// knobs are what a sabotage may turn.
func (c *cloud) knobs() assurance.Cloud { return c.places }
