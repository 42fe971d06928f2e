package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/server"
)

func (p *program) serveCommand() *cobra.Command {
	return p.verb("serve", "", nil, func(c *call) error { return c.serve() })
}

// serve runs a real platform as its configuration says.
func (c *call) serve() error {
	defer giveRoom()()
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	options, serving, err := server.Configured(cfg, c.clock, c.programLog(cfg.Log.Level, cfg.Log.Format))
	if err != nil {
		return err
	}
	house, fresh, err := server.Open(c.ctx, options)
	if err != nil {
		return err
	}
	if fresh {
		if _, err := house.Found(c.ctx, options.LogHost, string(options.Regions[0].Country), cfg.Lang); err != nil {
			return err
		}
	}
	if err := house.Resume(c.ctx); err != nil {
		return err
	}
	running, err := server.Serve(c.ctx, house, serving)
	if err != nil {
		return err
	}
	err = c.attend(running, cfg.Data)
	if ended := running.Stop(context.WithoutCancel(c.ctx)); err == nil {
		err = ended
	}
	return err
}

// attend says how to reach the platform and waits for the end.
func (c *call) attend(r *server.Running, dir string) error {
	token, err := localToken(c.ctx, r)
	if err != nil {
		return err
	}
	run := client.Run{URL: "https://localhost" + portOf(r.Door("https").Addr), CA: r.CA.RootFile(), Tokens: map[string]string{operatorSlug: token}}
	if err := client.WriteRun(dir, run); err != nil {
		return err
	}
	defer client.RemoveRun(dir)
	c.say("cli.serve.at", errs.Params{"url": r.URL()})
	if err := c.offerSetup(r, dir); err != nil {
		return err
	}
	<-c.ctx.Done()
	return nil
}

// offerSetup prints the one-time link while there is no operator's account.
func (c *call) offerSetup(r *server.Running, dir string) error {
	needs, err := r.House.Identity.NeedsSetup(c.ctx)
	if err != nil || !needs {
		return err
	}
	secret, until, err := r.House.Identity.OpenSetup(c.ctx)
	if err != nil {
		return err
	}
	c.say("cli.serve.setup", errs.Params{"url": r.URL() + "/setup?secret=" + secret, "until": c.words.Time(until)})
	fmt.Fprintln(c.err, "  garant account setup "+c.words.T("cli.word.sign_in")+" --secret "+secret+c.dataFlag(dir))
	return nil
}

// localLife is how long the token for commands on this machine lives; every start
// makes another.
const localLife = 24 * time.Hour

// localToken makes the token by which commands on this machine act for the operator.
// It is an ordinary service token: it stands in the log like any other.
func localToken(ctx context.Context, r *server.Running) (string, error) {
	ctx = actor.In(ctx, actor.Platform("start"))
	p, err := r.House.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: r.House.Tenants.Operator()})
	if err != nil {
		return "", err
	}
	text, _, err := r.House.Identity.CreateToken(ctx, p, identity.NewToken{Label: "commands on this machine", Roles: []id.Name{"operations"}, Life: localLife})
	return text, err
}

// programLog is the program's own log.
func (c *call) programLog(level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	if format == "text" {
		return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: l}))
	}
	return slog.New(slog.NewJSONHandler(c.err, &slog.HandlerOptions{Level: l}))
}

// portOf is ":port" of an address.
func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return ":" + port
}
