package main

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"

	"garant.example/internal/errs"
)

// doorsTried is how many ports are tried after one that is taken.
const doorsTried = 20

// door answers where a door of the demo opens. An address somebody typed is taken at
// its word; the usual one gives way to the next free port, and says so, since whoever
// only wants to look should not have to stop what else runs here.
func (c *call) door(addr string, typed bool) string {
	if typed || addr == "" {
		return addr
	}
	free := nextFree(c.ctx, addr)
	if free != addr {
		c.say("cli.demo.taken", errs.Params{"address": addr, "other": free})
	}
	return free
}

// nextFree is addr, or the same host with the next port that nobody has; addr again
// when there is none, so that the refusal names what was asked for.
func nextFree(ctx context.Context, addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return addr
	}
	for at := first; at <= first+doorsTried; at++ {
		try := net.JoinHostPort(host, strconv.Itoa(at))
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", try)
		if err == nil {
			_ = l.Close() // the demo opens it again in a moment
			return try
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return addr
		}
	}
	return addr
}
