package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/config"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/server"
)

func (p *program) serveCommand() *cobra.Command {
	var anyClock bool
	c := p.verb("serve", "", nil, func(c *call) error { return c.serve(anyClock) })
	c.Flags().BoolVar(&anyClock, "accept-clock", false, p.words.T("cli.flag.accept_clock"))
	return c
}

// serve runs a real platform as its configuration says.
func (c *call) serve(anyClock bool) error {
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
	c.warnOfSecrets(cfg)
	house, fresh, err := server.Open(c.ctx, options)
	if err != nil {
		return err
	}
	running, err := c.begin(house, fresh, anyClock, serving, cfg.Lang)
	if err != nil {
		return errors.Join(err, house.Close(context.WithoutCancel(c.ctx)))
	}
	renew := time.NewTicker(localLife / 2)
	defer renew.Stop()
	err = c.attend(running, cfg.Data, renew.C)
	c.notify("STOPPING=1")
	c.say("cli.serve.stopping", errs.Params{"grace": c.words.Duration(cfg.Limits.Shutdown)})
	if ended := running.Stop(context.WithoutCancel(c.ctx)); err == nil {
		err = ended
	}
	if err == nil {
		c.say("cli.serve.stopped")
	}
	return err
}

// begin opens the doors of a house, which it founds at the first start of all.
func (c *call) begin(house *server.House, fresh, anyClock bool, serving server.Serving, lang string) (*server.Running, error) {
	if fresh {
		if _, err := house.Found(c.ctx, house.Opt.LogHost, string(house.Opt.Regions[0].Country), lang); err != nil {
			return nil, err
		}
	}
	if err := house.CheckClock(c.ctx, anyClock); err != nil {
		return nil, err
	}
	if err := house.Resume(c.ctx); err != nil {
		return nil, err
	}
	return server.Serve(c.ctx, house, serving)
}

// warnOfSecrets says which secrets lie open in the configuration file.
func (c *call) warnOfSecrets(cfg *config.Config) {
	if open := cfg.Exposed(); len(open) > 0 {
		c.say("cli.config.exposed", errs.Params{"settings": strings.Join(open, ", "), "file": c.configFile()})
	}
}

// attend says how to reach the platform and waits for the end. At each tick commands
// on this machine get another token, before the one they have ends.
func (c *call) attend(r *server.Running, dir string, tick <-chan time.Time) (err error) {
	ctx := context.WithoutCancel(c.ctx)
	text, token, err := localToken(ctx, r)
	if err != nil {
		return err
	}
	run := client.Run{URL: "https://localhost" + portOf(r.Door("https").Addr), CA: r.CA.RootFile(), Tokens: map[string]string{operatorSlug: text}}
	if err := client.WriteRun(dir, run); err != nil {
		return err
	}
	defer func() { // what is not served any more needs no token
		client.RemoveRun(dir)
		if revoked := revokeLocal(ctx, r, token); err == nil {
			err = revoked
		}
	}()
	c.say("cli.serve.at", errs.Params{"url": r.URL()})
	if err := c.offerSetup(r, dir); err != nil {
		return err
	}
	c.notify("READY=1")
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case <-tick:
			next, err := renewLocal(ctx, r, dir, run, token)
			if err != nil { // the next tick tries again
				c.say("cli.serve.token", errs.Params{"reason": c.failure(err).Detail})
				continue
			}
			token = next
		}
	}
}

// renewLocal gives commands on this machine another token and ends the former.
func renewLocal(ctx context.Context, r *server.Running, dir string, run client.Run, former id.Token) (id.Token, error) {
	text, token, err := localToken(ctx, r)
	if err != nil {
		return former, err
	}
	run.Tokens = map[string]string{operatorSlug: text}
	if err := client.WriteRun(dir, run); err != nil {
		return former, errors.Join(err, revokeLocal(ctx, r, token))
	}
	return token, revokeLocal(ctx, r, former)
}

// notify tells systemd how the service is, when it asked to be told.
func (c *call) notify(state string) {
	address := c.getenv("NOTIFY_SOCKET")
	if address == "" {
		return
	}
	if strings.HasPrefix(address, "@") { // a name in no folder
		address = "\x00" + address[1:]
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err == nil {
		_, err = socket.Write([]byte(state))
		err = errors.Join(err, socket.Close())
	}
	if err != nil {
		c.say("cli.serve.notify", errs.Params{"reason": err.Error()})
	}
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
	fmt.Fprintln(c.err, "  garant account setup "+c.words.T("cli.word.sign_in")+` --name "`+c.words.T("cli.word.name")+`" --secret `+secret+c.dataFlag(dir))
	return nil
}

// localLife is how long the token for commands on this machine lives; every start
// makes another.
const localLife = 24 * time.Hour

// localToken makes the token by which commands on this machine act for the operator.
// It is an ordinary service token: it stands in the log like any other.
func localToken(ctx context.Context, r *server.Running) (string, id.Token, error) {
	ctx = actor.In(ctx, actor.Platform("start"))
	p, err := r.House.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: r.House.Tenants.Operator()})
	if err != nil {
		return "", id.Token{}, err
	}
	text, made, err := r.House.Identity.CreateToken(ctx, p, identity.NewToken{Label: "commands on this machine", Roles: []id.Name{"operations"}, Life: localLife})
	return text, made.ID, err
}

// revokeLocal ends such a token.
func revokeLocal(ctx context.Context, r *server.Running, token id.Token) error {
	ctx = actor.In(ctx, actor.Platform("start"))
	p, err := r.House.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: r.House.Tenants.Operator()})
	if err != nil {
		return err
	}
	return r.House.Identity.RevokeToken(ctx, p, token)
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
