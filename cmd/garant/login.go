package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/errs"
)

// sessions are the secrets of kept sessions, by server, tenant and need. They end
// by the server's clock; a file of ended ones is worth nothing.
type sessions map[string]string

func sessionsFile() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "garant", "sessions.json"), err
}

func readSessions() (sessions, error) {
	file, err := sessionsFile()
	if err != nil { // a machine without a home keeps none
		return sessions{}, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return sessions{}, nil
	}
	if err != nil {
		return nil, err
	}
	s := sessions{}
	if err := json.Unmarshal(data, &s); err != nil {
		return sessions{}, nil // what cannot be read opens nothing; login writes it anew
	}
	return s, nil
}

func (s sessions) save() error {
	file, err := sessionsFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// where names the server that a command reaches.
func (c *call) where() (string, error) {
	if c.flags.server != "" {
		return c.flags.server, nil
	}
	if s := c.getenv("GARANT_SERVER"); s != "" {
		return s, nil
	}
	dir, err := c.dataDir()
	return "data:" + dir, err
}

// SignedIn is what login answers.
type SignedIn struct {
	Tenant  string `json:"tenant"`
	Account string `json:"account"`
	IdleEnd string `json:"idle_end"`
	End     string `json:"end"`
}

func (p *program) loginCommand() *cobra.Command {
	var as, purpose string
	c := p.verb("login", "", typeOf[SignedIn](), func(c *call) error { return c.login(as, need(purpose)) })
	p.tenantFlag(c)
	c.Flags().StringVar(&as, "as", "", p.words.T("cli.flag.as"))
	c.Flags().StringVar(&purpose, "for", "", p.words.T("cli.flag.for"))
	return c
}

func (c *call) login(as string, n need) error {
	if n != forData && n != forAudit && n != forManage {
		return usage(errs.New(errs.Invalid, "cli.login.for"))
	}
	tenant, err := c.tenant()
	if err != nil {
		return err
	}
	if as == "" {
		return missingFlag("as")
	}
	where, err := c.where()
	if err != nil {
		return err
	}
	conn, err := c.dial("", forData)
	if err != nil {
		return err
	}
	defer conn.close()
	in := bufio.NewReader(c.in)
	password, err := c.secret(in, "cli.password")
	if err != nil {
		return err
	}
	session, err := conn.Tenant(tenant).SignIn(c.ctx, as, password)
	if err != nil {
		return err
	}
	if session.MustChange {
		if session, err = c.changeFirst(conn.Client, in, session, password); err != nil {
			return err
		}
	}
	kept, err := readSessions()
	if err != nil {
		return err
	}
	kept[where+"|"+tenant+"/"+string(n)] = session.Secret
	if err := kept.save(); err != nil {
		return err
	}
	out := SignedIn{Tenant: tenant, Account: session.Account, IdleEnd: c.moment(session.IdleEnd), End: c.moment(session.End)}
	return c.answer(out, func(*tabwriter.Writer) {
		c.say("cli.login.done", errs.Params{"tenant": tenant, "end": out.End})
	})
}

// changeFirst replaces a password that somebody else chose.
func (c *call) changeFirst(cl *client.Client, in *bufio.Reader, s client.Session, present string) (client.Session, error) {
	c.say("cli.login.change")
	wanted, err := c.secret(in, "cli.password.new")
	if err != nil {
		return s, err
	}
	return cl.WithToken(s.Secret).ChangePassword(c.ctx, present, wanted)
}

func (p *program) logoutCommand() *cobra.Command {
	c := p.verb("logout", "", nil, func(c *call) error {
		tenant, err := c.tenant()
		if err != nil {
			return err
		}
		where, err := c.where()
		if err != nil {
			return err
		}
		kept, err := readSessions()
		if err != nil {
			return err
		}
		conn, err := c.dial("", forData)
		if err != nil {
			return err
		}
		defer conn.close()
		for _, n := range []need{forData, forAudit, forManage} {
			key := where + "|" + tenant + "/" + string(n)
			if secret, ok := kept[key]; ok {
				delete(kept, key)
				if err := conn.WithToken(secret).SignOut(c.ctx); err != nil {
					return err
				}
			}
		}
		return kept.save()
	})
	p.tenantFlag(c)
	return c
}
