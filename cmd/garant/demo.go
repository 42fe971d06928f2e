package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/errs"
)

// demoFolder is where a demo lives when nothing else is said.
const demoFolder = "garant-demo"

func (p *program) demoCommand() *cobra.Command {
	var listen, window string
	var once bool
	var typed func(string) bool
	c := p.verb("demo", "", nil, func(c *call) error {
		dir := c.flags.data
		if dir == "" {
			dir = demoFolder
		}
		dir, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		return c.demo(dir, c.door(listen, typed("listen")), c.door(window, typed("window")), once)
	})
	typed = c.Flags().Changed
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8443", p.words.T("cli.flag.listen"))
	c.Flags().StringVar(&window, "window", "127.0.0.1:8080", p.words.T("cli.flag.window"))
	c.Flags().BoolVar(&once, "once", false, p.words.T("cli.flag.once"))
	return c
}

// demo makes what is missing, measures every promise once, says where to look, and
// serves until it is told to stop.
func (c *call) demo(dir, listen, window string, once bool) error {
	defer giveRoom()()
	d, err := demo.Open(c.ctx, demo.Options{Dir: dir, Listen: listen, Plain: window, Clock: c.clock, Log: c.programLog("warn", "text"),
		Progress: func(step string) { c.say("cli.demo.making", errs.Params{"what": step}) }})
	if err != nil {
		return err
	}
	err = c.showDemo(d, dir, once)
	if ended := d.Stop(context.WithoutCancel(c.ctx)); err == nil {
		err = ended
	}
	return err
}

func (c *call) showDemo(d *demo.Demo, dir string, once bool) error {
	run := runOf(d)
	if err := client.WriteRun(dir, run); err != nil {
		return err
	}
	defer client.RemoveRun(dir)
	if once {
		to, err := client.New(client.Options{URL: run.URL, CAFile: run.CA, Token: run.Tokens[operatorSlug], Lang: c.words.Lang()})
		if err != nil {
			return err
		}
		defer to.Close()
		out, err := c.verify(to, "", nil, false)
		if err != nil {
			return err
		}
		if !c.flags.json {
			c.welcome(d)
		}
		return c.verified(out)
	}
	c.welcome(d)
	<-c.ctx.Done()
	c.say("cli.demo.bye", errs.Params{"folder": dir})
	return nil
}

// runOf says how commands reach the demo, and as whom.
func runOf(d *demo.Demo) client.Run {
	run := client.Run{URL: d.URL(), CA: d.CA.RootFile(), Tokens: d.Notebook.Tokens, SignIns: map[string]client.RunSignIn{}}
	for _, s := range d.Notebook.SignIns {
		who := client.RunSignIn{Name: s.Name, Password: s.Password}
		switch {
		case s.Role == "auditor":
			run.SignIns[s.Tenant+"/"+string(forAudit)] = who
		case s.First:
			run.SignIns[s.Tenant+"/"+string(forManage)] = who
		}
	}
	return run
}

// welcome says where to look first.
func (c *call) welcome(d *demo.Demo) {
	t := c.words.T
	url := d.WindowURL()
	if url == "" {
		url = d.URL()
	}
	fmt.Fprintln(c.out, t("cli.demo.title"))
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, t("cli.demo.pages"))
	for _, p := range d.Pages() {
		fmt.Fprintf(c.out, "  %-26s %s/en/trust/%s\n  %-26s %s/fr/trust/%s\n", p.Title, url, p.Slug, "", url, p.Slug)
	}
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, t("cli.demo.signins", errs.Params{"url": url}))
	for _, s := range d.Notebook.SignIns {
		fmt.Fprintf(c.out, "  %-12s %-16s %-38s %s\n", s.Tenant, s.Role, s.Name, s.Password)
	}
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, t("cli.demo.https", errs.Params{"url": d.URL(), "file": d.CA.RootFile()}))
	fmt.Fprintln(c.out, t("cli.demo.next"))
	for _, line := range []string{"garant verify --profile civic-engagement", "garant sabotage run ehq-aes-gcm", "garant record list --tenant montfleur --collection participants"} {
		fmt.Fprintln(c.out, "  go run ./cmd/"+line+c.dataFlag(d.Dir()))
	}
	fmt.Fprintln(c.out)
	fmt.Fprintln(c.out, t("cli.demo.stop"))
}

// dataFlag repeats --data where it is needed.
func (c *call) dataFlag(dir string) string { return " --data " + dir }
