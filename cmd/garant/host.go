package main

import (
	"garant.example/client"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/errs"
)

// host serves a data folder on loopback for the time of a command.
func (c *call) host(dir string) (*hosted, error) {
	if !demo.Is(dir) {
		return nil, errs.New(errs.Unavailable, "cli.data.idle").With("folder", dir).Do("cli.data.idle.fix")
	}
	d, err := demo.Open(c.ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:0", Clock: c.clock, Log: quiet()})
	if err != nil {
		return nil, err
	}
	return &hosted{url: d.URL(), roots: d.Roots(), run: client.Run{Tokens: d.Notebook.Tokens}, stop: d.Stop}, nil
}
