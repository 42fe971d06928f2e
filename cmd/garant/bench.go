package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"garant.example/cmd/garant/internal/bench"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/server"
)

// Bench is what bench answers.
type Bench struct {
	Runs []bench.Run `json:"runs"`
}

// benchFlags are how much bench does.
type benchFlags struct {
	engine, dsn string
	each        time.Duration
	quick       bool
	drive       bool // be the clients of another bench: a Job is on standard input
	tenants     int
}

func (p *program) benchCommand() *cobra.Command {
	var f benchFlags
	c := p.verb("bench", "", typeOf[Bench](), func(c *call) error { return c.bench(f) })
	c.Flags().StringVar(&f.engine, "engine", "sqlite", p.words.T("cli.flag.bench_engine"))
	c.Flags().StringVar(&f.dsn, "dsn", "", p.words.T("cli.flag.bench_dsn"))
	c.Flags().DurationVar(&f.each, "for", 5*time.Second, p.words.T("cli.flag.bench_for"))
	c.Flags().BoolVar(&f.quick, "quick", false, p.words.T("cli.flag.bench_quick"))
	c.Flags().BoolVar(&f.drive, "drive", false, "")
	if err := c.Flags().MarkHidden("drive"); err != nil {
		panic(err) // the flag of the line above
	}
	c.Flags().IntVar(&f.tenants, "tenants", 10_000, p.words.T("cli.flag.bench_tenants"))
	return c
}

func (c *call) bench(f benchFlags) error {
	defer giveRoom()()
	if f.drive {
		return c.drive()
	}
	switch {
	case f.engine != "sqlite" && f.engine != "postgres":
		return usage(errs.New(errs.Invalid, "cli.bench.engine").Do("cli.usage.fix"))
	case f.engine == "postgres" && f.dsn == "":
		return usage(errs.New(errs.Invalid, "cli.bench.dsn").Do("cli.usage.fix"))
	}
	dir, err := os.MkdirTemp(c.flags.data, "garant-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if f.dsn == "" {
		c.say("cli.bench.no_postgres")
	}
	c.say("cli.bench.load", errs.Params{"load": bench.Busy()})
	var out Bench
	if f.engine == "sqlite" {
		if err := c.benchOn(&out, "sqlite", "", f); err != nil {
			return err
		}
		if err := c.benchStart(&out, dir); err != nil {
			return err
		}
	}
	if f.dsn != "" {
		if err := c.benchOn(&out, "postgres", f.dsn, f); err != nil {
			return err
		}
	}
	return c.answer(out, func(w *tabwriter.Writer) {
		c.head(w, "operation", "engine", "clients", "per_second", "p50", "p99", "ratio", "value")
		for _, r := range out.Runs {
			row(w, r.Operation, r.Engine, strconv.Itoa(r.Clients), figure(r.PerSecond, 0), figure(r.P50, 2), figure(r.P99, 2), figure(r.Ratio, 2),
				figure(r.Value, 1)+" "+r.Unit)
		}
	})
}

// drive is the other process: clients, and nothing else.
func (c *call) drive() error {
	var job bench.Job
	if err := json.NewDecoder(c.in).Decode(&job); err != nil {
		return usage(errs.New(errs.Invalid, "cli.bench.job").Do("cli.usage.fix").Cause(err))
	}
	done, err := bench.Drive(c.ctx, job)
	if err != nil {
		return err
	}
	return json.NewEncoder(c.out).Encode(done)
}

// apart runs this program once more, as clients.
func apart(ctx context.Context, job bench.Job) (done bench.Done, err error) {
	self, err := os.Executable()
	if err != nil {
		return done, err
	}
	in, err := json.Marshal(job)
	if err != nil {
		return done, err
	}
	var problem bytes.Buffer
	cmd := exec.CommandContext(ctx, self, "bench", "--drive")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &problem
	out, err := cmd.Output()
	if err != nil {
		return done, fmt.Errorf("clients in a process of their own: %w: %s", err, problem.Bytes())
	}
	return done, json.Unmarshal(out, &done)
}

// foremost is the one figure of a measurement that says most.
func foremost(r bench.Run) string {
	if r.Value != 0 {
		return figure(r.Value, 1) + " " + r.Unit
	}
	return figure(r.PerSecond, 0) + "/s"
}

// figure is a number with so many decimals; nothing for zero.
func figure(v float64, decimals int) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// benchOn measures one engine on a platform of its own, and then another that has
// many tenants.
func (c *call) benchOn(out *Bench, engine, dsn string, f benchFlags) error {
	o := bench.Options{For: f.each, Engine: engine, Crowd: time.Minute, Leaves: 1_000_000, Apart: apart, Tell: func(done bench.Run) {
		c.say("cli.bench.done", errs.Params{"what": done.Operation, "clients": done.Clients, "found": foremost(done)})
	}}
	tenants := f.tenants
	if f.quick {
		o.For, o.Crowd, o.Leaves, o.Lines, tenants = time.Second, 3*time.Second, 40_000, 10_000, min(tenants, 20)
	}
	if err := c.onStand(dsn, func(dir string, r *server.Running) error {
		runs, err := bench.Whole(c.ctx, r, dir, o)
		out.Runs = append(out.Runs, runs...)
		return err
	}); err != nil || tenants == 0 || dsn != "" {
		return err
	}
	return c.onStand(dsn, func(_ string, r *server.Running) error {
		opening, weight, err := bench.Tenants(c.ctx, r, tenants, 100, func(done int) {
			if done%1000 == 0 {
				c.say("cli.bench.tenants", errs.Params{"done": done, "all": tenants})
			}
		})
		opening.Engine, weight.Engine = engine, engine
		out.Runs = append(out.Runs, opening, weight)
		return err
	})
}

// onStand opens a platform in a folder that is removed afterwards.
func (c *call) onStand(dsn string, do func(dir string, r *server.Running) error) error {
	dir, err := os.MkdirTemp(c.flags.data, "garant-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r, err := bench.Stand(c.ctx, dir, dsn)
	if err != nil {
		return err
	}
	err = do(dir, r)
	if stopped := r.Stop(context.WithoutCancel(c.ctx)); err == nil {
		err = stopped
	}
	return err
}

// benchStart measures how long the demo takes to open a folder it filled before.
func (c *call) benchStart(out *Bench, dir string) error {
	o := demo.Options{Dir: dir, Listen: "127.0.0.1:0", Plain: "127.0.0.1:0", Clock: clock.System(), Log: slog.New(slog.DiscardHandler)}
	var last time.Duration
	for range 2 {
		began := clock.System().Now()
		d, err := demo.Open(c.ctx, o)
		if err != nil {
			return err
		}
		last = clock.System().Now().Sub(began)
		if err := d.Stop(context.WithoutCancel(c.ctx)); err != nil {
			return err
		}
	}
	run := bench.Run{Operation: "demo, second start", Engine: "sqlite", Value: last.Seconds(), Unit: "s", Target: "≤ 2"}
	out.Runs = append(out.Runs, run)
	return nil
}
