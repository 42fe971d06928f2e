package assurance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"iter"
	"net"
	"net/http"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// House is what mechanisms may look at and act through. The composition root fills
// it; a mechanism takes from it what it needs.
type House struct {
	Set      *profile.Set
	Tenants  *tenant.Service
	Gate     *access.Gate
	Identity *identity.Service
	Vault    *vault.Service
	Rings    *keys.Rings
	Profiles *profile.Service
	Clock    clock.Clock

	// Dir is the data folder: whatever the platform writes lies in it.
	Dir string
	// Witness is the folder in which heads of logs are kept; empty: below Dir.
	Witness string
	// Open lends an open database of any place, past every domain: for raw looks
	// and for wounds.
	Open func(ctx context.Context, place db.Place) (db.DB, func(), error)
	// Rows gives every logged row of a placement, to be compared with its log.
	Rows func(ctx context.Context, t tenant.Tenant, placement id.Name) iter.Seq2[audit.Row, error]
	// Control is where the control database lies.
	Control db.Place
	// Folders are further folders in which bytes of the platform may lie:
	// temporary files, logs, the data folder of a PostgreSQL server.
	Folders func() []string
	// Logs are the files to which the process itself writes its log, wherever they lie.
	Logs func() []string

	// Doors are the listeners as they are open, URL is the address of the API, and
	// Roots what its certificate chains to.
	Doors func() []web.Listener
	URL   func() string
	Roots func() *x509.CertPool
	// Table is the table of routes of every edge, as the matrix of roles needs it.
	Table func() []Cell
	// Links are the connections that the platform opens to others: databases, KMS,
	// metadata, log receivers.
	Links func() []Link
	// Beside are the sockets of this process on which somebody else is played: the
	// stand-ins of a demo. In a real service there are none.
	Beside func() []string
}

// Link is a connection the platform opens.
type Link struct {
	Name    string // "database sydney", "kms", "metadata sydney"
	Address string // host:port; empty when it is in process or a file
	TLS     bool   // the connection is TLS and verifies its peer
	InHouse bool   // in process: there is no wire
	Machine bool   // the machine's own service, on a loopback or link-local address: says where it stands
	// Config is what the connection is made with, the very one; nil without TLS.
	Config *tls.Config
}

// Cell is one operation of an edge: a row of the matrix that role-matrix executes.
type Cell struct {
	Door   string // "api", "console"
	Name   string
	Method string
	Path   string
	Scope  string // "anyone", "own" (whoever is signed in), "tenant", "operator"
	Action access.Action
	On     access.Resource
}

// Faults are the holes that a sabotage can tear into a running demo. In a real
// service there are none: the composition root leaves it nil there, and every
// method of a nil Faults refuses.
type Faults interface {
	// Tap hears the body of every request to the API that was let in, as the
	// careless lines of a developer would.
	Tap(name string, hear func(t id.Tenant, route string, body []byte))
	// Listen serves one more socket.
	Listen(name string, socket net.Listener, handler http.Handler) error
	// Door answers handshakes of the TLS doors with another configuration, for
	// example one with a lower minimum; nil keeps the declared one.
	Door(name string, config func(*tls.ClientHelloInfo) (*tls.Config, error))
	// Route serves one more handler on every door, past the tables.
	Route(name, method, path string, handler http.HandlerFunc)
	// Link is one more connection that the platform holds to a receiver, which listens
	// on the socket. Both end with the hole.
	Link(name string, link Link, receiver net.Listener, held net.Conn)
	// Cloud is the demo's stand-in for a provider; nil when there is none.
	Cloud() Cloud
	// Clear takes a hole away again.
	Clear(name string)
}

// Cloud is what a demo's stand-in for a provider says, and can be made to say.
// Each change is made under the name of a hole, and cleared with it.
type Cloud interface {
	// Place changes what the metadata service of a region says of itself: keys
	// such as "region", "provider", "city".
	Place(name string, region id.Name, say map[string]string)
	// Deny makes the key management service refuse to unwrap.
	Deny(name string)
	// Sockets are where the stand-in itself listens, in this process.
	Sockets() []string
	// Clear takes the change of a name back.
	Clear(name string)
}
