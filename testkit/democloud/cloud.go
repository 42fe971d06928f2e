package democloud

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/imds"
)

// Local names the key service of the regions that have none of their own.
const Local id.Name = "local"

// Options of Start.
type Options struct {
	Dir   string // regions and what places say lie below it
	Clock clock.Clock
	Local server.KMS // key service of the operator
}

// Cloud is running places. Safe for concurrent use.
type Cloud struct {
	o       Options
	regions []tenant.Region
	sockets []string

	services map[string]*keyService

	mu       sync.Mutex
	machines map[id.Name]*imds.Server
	changes  []change
	denials  map[string]bool
}

// change is what a place says under the name of a hole.
type change struct {
	name   string
	region id.Name
	say    map[string]string
}

var _ assurance.Cloud = (*Cloud)(nil)

// Start starts every place. Close ends them.
func Start(o Options) (*Cloud, error) {
	c := &Cloud{o: o, machines: map[id.Name]*imds.Server{}, services: map[string]*keyService{}, denials: map[string]bool{}}
	if err := os.MkdirAll(filepath.Join(o.Dir, "places"), 0o700); err != nil {
		return nil, err
	}
	for _, p := range places() {
		metadata, err := c.open(p)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.regions = append(c.regions, p.region(o.Dir, metadata))
	}
	if err := c.openKeys(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for i, r := range c.regions {
		if c.services[string(r.Name)] != nil {
			c.regions[i].KMS = kmsOf(string(r.Name))
		}
	}
	return c, nil
}

// open lets a place speak, and returns where.
func (c *Cloud) open(p place) (string, error) {
	if p.provider != aws {
		return c.path(p), c.write(p, nil)
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := imds.New(p.machine(nil), c.o.Clock)
	s.Start(socket)
	c.machines[id.Name(p.name)] = s
	c.sockets = append(c.sockets, socket.Addr().String())
	return "http://" + socket.Addr().String(), nil
}

// path is the file of a place, absolute as such a file's path has to be.
func (c *Cloud) path(p place) string {
	path := filepath.Join(c.o.Dir, "places", p.name+".json")
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

func (c *Cloud) write(p place, say map[string]string) error {
	data, err := json.Marshal(p.file(say))
	if err != nil {
		return err
	}
	return replace(c.path(p), data)
}

// Regions are the places as they are declared.
func (c *Cloud) Regions() []tenant.Region { return slices.Clone(c.regions) }

// KMS are the key services by the name that the regions use.
func (c *Cloud) KMS() map[id.Name]server.KMS {
	all := map[id.Name]server.KMS{Local: c.o.Local}
	for region, s := range c.services {
		all[kmsOf(region)] = s.kms
	}
	return all
}

// Sockets are where the cloud itself listens, host:port.
func (c *Cloud) Sockets() []string { return slices.Clone(c.sockets) }

// Place makes a region say something else of itself.
func (c *Cloud) Place(name string, region id.Name, say map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, change{name, region, say})
	c.apply(region)
}

// Clear takes the changes of a name back.
func (c *Cloud) Clear(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var touched []id.Name
	c.changes = slices.DeleteFunc(c.changes, func(one change) bool {
		if one.name == name {
			touched = append(touched, one.region)
		}
		return one.name == name
	})
	for _, region := range touched {
		c.apply(region)
	}
	delete(c.denials, name)
	c.deny()
}

// apply lets a place say what it is, with the latest change.
func (c *Cloud) apply(region id.Name) {
	var say map[string]string
	for _, one := range c.changes {
		if one.region == region {
			say = one.say
		}
	}
	for _, p := range places() {
		if p.name != string(region) {
			continue
		}
		if s := c.machines[region]; s != nil {
			s.Say(p.machine(say))
			continue
		}
		_ = c.write(p, say) // a place that cannot say something else goes on saying the truth
	}
}

// Close ends the services.
func (c *Cloud) Close() error {
	var err error
	for _, s := range c.machines {
		err = errors.Join(err, s.Close())
	}
	for _, s := range c.services {
		err = errors.Join(err, s.server.Close())
	}
	return err
}
