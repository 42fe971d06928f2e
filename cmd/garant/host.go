package main

import (
	"context"
	"errors"

	"garant.example/client"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/errs"
	"garant.example/internal/server"
)

// host serves a data folder on loopback for the time of a command.
func (c *call) host(dir string) (*hosted, error) {
	if demo.Is(dir) {
		d, err := demo.Open(c.ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:0", Clock: c.clock, Log: quiet()})
		if err != nil {
			return nil, err
		}
		return &hosted{url: d.URL(), roots: d.Roots(), run: runOf(d), stop: d.Stop}, nil
	}
	cfg, err := c.settings()
	if err != nil {
		return nil, err
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	options, serving, err := server.Configured(cfg, c.clock, quiet())
	if err != nil {
		return nil, err
	}
	house, fresh, err := server.Open(c.ctx, options)
	if err != nil {
		return nil, err
	}
	if fresh { // only a start may found a platform: a mistyped folder must not become one
		return nil, errors.Join(errs.New(errs.Unavailable, "cli.data.idle").With("folder", dir).Do("cli.data.idle.fix"), house.Close(c.ctx))
	}
	serving.Listen, serving.Plain, serving.Metrics, serving.URL = "127.0.0.1:0", "", "", ""
	serving.Certificate, serving.Idle = nil, true
	running, err := server.Serve(c.ctx, house, serving)
	if err != nil {
		return nil, errors.Join(err, house.Close(c.ctx))
	}
	text, token, err := localToken(c.ctx, running)
	if err != nil {
		return nil, errors.Join(err, running.Stop(context.WithoutCancel(c.ctx)))
	}
	stop := func(ctx context.Context) error {
		return errors.Join(revokeLocal(ctx, running, token), running.Stop(ctx))
	}
	return &hosted{url: running.URL(), roots: running.Roots(), stop: stop,
		run: client.Run{Tokens: map[string]string{operatorSlug: text}}}, nil
}
