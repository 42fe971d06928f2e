package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"garant.example/client"
	"garant.example/internal/errs"
)

// need says for what a command wants to be somebody: a person may act as one for
// reading the log and as another for managing.
type need string

// The needs, as they stand behind a tenant's name in run/server.json.
const (
	forData   need = ""       // records
	forAudit  need = "audit"  // the log and its proofs
	forManage need = "manage" // accounts, tokens, keys
)

// operatorSlug is the short name of the operator's own tenant.
const operatorSlug = "operator"

// connection is a reached server.
type connection struct {
	*client.Client
	close func()
}

// dial reaches the server for a tenant. Close it.
func (c *call) dial(tenant string, n need) (*connection, error) {
	options := client.Options{UserAgent: "garant-cli", Lang: c.words.Lang(), CAFile: c.flags.ca, Token: c.flags.token}
	if options.Token == "" {
		options.Token = c.getenv("GARANT_TOKEN")
	}
	if options.CAFile == "" {
		options.CAFile = c.getenv("GARANT_CA")
	}
	end, err := c.reach(&options, tenant, n)
	if err != nil {
		return nil, err
	}
	if c.flags.explain {
		options.Explained = c.explained
	}
	if c.flags.curl {
		options.Transport = &curl{out: c.out, ca: options.CAFile}
	}
	made, err := client.New(options)
	if err != nil {
		end()
		return nil, usage(err)
	}
	return &connection{made, func() { made.Close(); end() }}, nil
}

// reach fills in address, authorities and token.
func (c *call) reach(o *client.Options, tenant string, n need) (end func(), err error) {
	none := func() {}
	o.URL = c.flags.server
	if o.URL == "" {
		o.URL = c.getenv("GARANT_SERVER")
	}
	if o.URL != "" {
		c.flags.server = o.URL
		return none, c.credential(o, o.URL, client.Run{}, tenant, n)
	}
	dir, err := c.dataDir()
	if err != nil {
		return none, err
	}
	run, err := client.ReadRun(dir)
	if err == nil && answers(run.URL) {
		o.URL, o.CAFile = run.URL, run.CA
		c.flags.server = o.URL
		return none, c.credential(o, "data:"+dir, run, tenant, n)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return none, errs.New(errs.Config, "cli.run").With("file", client.RunPath(dir)).Do("cli.run.fix").Cause(err)
	}
	return c.serveHere(o, dir, tenant, n)
}

// answers says whether somebody listens at an address.
func answers(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	socket, err := net.Dial("tcp", u.Host)
	if err != nil {
		return false
	}
	_ = socket.Close()
	return true
}

// dataDir is the data folder, absolute.
func (c *call) dataDir() (string, error) {
	dir := c.flags.data
	if dir == "" {
		cfg, err := c.settings()
		if err != nil {
			return "", err
		}
		dir = cfg.Data
	}
	return filepath.Abs(dir)
}

// credential finds the token to act with: the one given, a session kept by login,
// else what the running server offers to commands on its machine.
func (c *call) credential(o *client.Options, where string, run client.Run, tenant string, n need) error {
	if o.Token != "" {
		return nil
	}
	kept, err := readSessions()
	if err != nil {
		return err
	}
	for _, key := range []string{string(n), ""} {
		if s, ok := kept[where+"|"+tenant+"/"+key]; ok {
			o.Token = s
			return nil
		}
	}
	if n != forData {
		if token, ok := run.Tokens[tenant+"/"+string(n)]; ok {
			o.Token = token
			return nil
		}
	}
	if who, ok := run.SignIns[tenant+"/"+string(n)]; ok {
		return c.signInAs(o, tenant, who)
	}
	if token, ok := run.Tokens[tenant]; ok {
		o.Token = token
	}
	return nil // nobody is asking; the server says so, and how to sign in
}

// signInAs signs in for the time of the command, as a demo lets one.
func (c *call) signInAs(o *client.Options, tenant string, who client.RunSignIn) error {
	made, err := client.New(*o)
	if err != nil {
		return err
	}
	defer made.Close()
	session, err := made.Tenant(tenant).SignIn(c.ctx, who.Name, who.Password)
	if err != nil {
		return err
	}
	o.Token = session.Secret
	return nil
}

// hosted is a server that runs within the command.
type hosted struct {
	url   string
	roots *x509.CertPool
	run   client.Run
	stop  func(context.Context) error
}

// serveHere serves the data folder on loopback for the time of the command.
func (c *call) serveHere(o *client.Options, dir, tenant string, n need) (func(), error) {
	none := func() {}
	if _, err := os.Stat(dir); err != nil {
		return none, errs.New(errs.Unavailable, "cli.data.none").With("folder", dir).Do("cli.data.none.fix").Cause(err)
	}
	h, err := c.host(dir)
	if err != nil {
		return none, err
	}
	end := func() { _ = h.stop(context.WithoutCancel(c.ctx)) } // everything acknowledged is durable already
	o.URL, o.Roots, o.CAFile = h.url, h.roots, ""
	c.flags.server = o.URL
	if err := c.credential(o, "data:"+dir, h.run, tenant, n); err != nil {
		end()
		return none, err
	}
	return end, nil
}

// curl prints requests as commands instead of sending them.
type curl struct {
	out interface{ Write([]byte) (int, error) }
	ca  string
}

// notSent is the answer of a transport that sends nothing.
type notSent struct{}

func (notSent) Error() string { return "not sent" }
func (notSent) Refused() bool { return true }

// RoundTrip prints the request. The token is left to a variable, so that it does
// not stand in the history of a shell.
func (t *curl) RoundTrip(r *http.Request) (*http.Response, error) {
	parts := []string{"curl", "-X", r.Method}
	if t.ca != "" {
		parts = append(parts, "--cacert", quoted(t.ca))
	}
	for _, name := range []string{"Content-Type", "Purpose", "If-Match", "Idempotency-Key", "Explain-Permission", "Accept-Language"} {
		if value := r.Header.Get(name); value != "" {
			parts = append(parts, "-H", quoted(name+": "+value))
		}
	}
	if r.Header.Get("Authorization") != "" {
		parts = append(parts, "-H", `"Authorization: Bearer $GARANT_TOKEN"`)
	}
	if r.Body != nil {
		parts = append(parts, t.body(r))
	}
	fmt.Fprintln(t.out, strings.Join(append(parts, quoted(r.URL.String())), " "))
	return nil, notSent{}
}

func (t *curl) body(r *http.Request) string {
	if r.ContentLength <= 0 {
		return "--data-binary @-"
	}
	text := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(text); err != nil && len(text) == 0 {
		return "--data-binary @-"
	}
	return "--data " + quoted(string(text))
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
