package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// Options say how long and with what.
type Options struct {
	For     time.Duration // of each measurement; 4 s when zero
	Clients []int         // 1, 8 and 64 when nil
	Engine  string        // for the table
	Tell    func(Run)     // hears each measurement as it ends; may be nil
	Lines   int           // of the import; 50,000 when zero
	Crowd   time.Duration // how long 256 clients work; none when zero
	Leaves  int           // of the log that is verified; none when zero

	// Apart runs Drive in a process of its own; nil lets the clients share this one.
	Apart func(context.Context, Job) (Done, error)
}

// bench is one running platform under measurement.
type bench struct {
	o      Options
	r      *server.Running
	t      tenant.Tenant
	token  string
	client *http.Client
	echo   string // URL of the echo
	stop   func()
	ids    []string
	mails  []string
	echoes map[int]Run
	serial atomic.Int64
	all    []Run
}

const (
	collection = "participants"
	profile    = "civic-engagement"
)

// HTTP measures an opened platform through its HTTPS door: echo, create, read and
// find. It opens a tenant of its own.
func HTTP(ctx context.Context, r *server.Running, o Options) ([]Run, error) {
	if o.For == 0 {
		o.For = 4 * time.Second
	}
	if o.Clients == nil {
		o.Clients = []int{1, 8, 64}
	}
	b := &bench{o: o, r: r, echoes: map[int]Run{}}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	defer b.stop()
	for _, step := range []func(context.Context, int) (Run, error){b.measureEcho, b.measureCreate, b.measureRead, b.measureFind} {
		for _, n := range o.Clients {
			if err := b.note(step(ctx, n)); err != nil {
				return b.all, err
			}
		}
	}
	return b.all, nil
}

// note keeps a run and tells it.
func (b *bench) note(run Run, err error) error {
	if err != nil {
		return err
	}
	run.Engine = b.o.Engine
	if b.o.Tell != nil {
		b.o.Tell(run)
	}
	b.all = append(b.all, run)
	return nil
}

func (b *bench) prepare(ctx context.Context) error {
	ctx = actor.In(ctx, actor.Platform("bench"))
	slug := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	var err error
	b.t, err = b.r.House.OpenTenant(ctx, tenant.Opening{Slug: id.Name(slug), Title: "Bench", Country: "CA", Lang: "en", Profile: profile})
	if err != nil {
		return err
	}
	p, err := b.r.House.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: b.t.ID})
	if err != nil {
		return err
	}
	b.token, _, err = b.r.House.Identity.CreateToken(ctx, p, identity.NewToken{Label: "bench", Roles: []id.Name{"site", "integration"}})
	if err != nil {
		return err
	}
	b.client = httpClient(b.r.Roots())
	return b.openEcho()
}

// openEcho serves the limit: the same bytes back, over the same TLS.
func (b *bench) openEcho() error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	s, err := web.Open(slog.New(slog.DiscardHandler), web.Door{Listener: web.Listener{Name: "echo", Addr: "127.0.0.1:0",
		Scope: []string{"bench"}, Exposure: web.Loopback}, Handler: handler, Certificate: b.r.CA.Get})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = s.Run(ctx, time.Second); close(done) }()
	b.stop = func() { cancel(); <-done }
	_, port, _ := strings.Cut(s.Listeners()[0].Addr, ":")
	b.echo = "https://localhost:" + port
	return nil
}

// person makes the fields of a 1 KB person.
func (b *bench) person() (body []byte, mail string) {
	n := b.serial.Add(1)
	mail = fmt.Sprintf("person.%d@example.org", n)
	fields := map[string]any{"email": mail, "display_name": fmt.Sprintf("Person %d", n), "full_name": fmt.Sprintf("Person Number %d", n),
		"phone": fmt.Sprintf("+1418%07d", n%10_000_000), "postal_code": "G1R 2S5", "birth_year": 1980, "locale": "fr", "standing": "registered",
		"consented_at": "2026-11-22T06:04:00Z", "newsletter": true, "notes": strings.Repeat("Préfère être jointe le matin. ", 20)}
	body, err := json.Marshal(map[string]any{"fields": fields})
	if err != nil {
		panic(err) // a map of texts and numbers
	}
	return body, mail
}

func (b *bench) measureEcho(ctx context.Context, n int) (Run, error) {
	body, _ := b.person()
	run, err := load(ctx, n, b.o.For, func(ctx context.Context, _, _ int) error {
		_, err := b.do(ctx, "POST", b.echo, body, "", http.StatusOK)
		return err
	})
	run.Operation = "echo"
	b.echoes[n] = run
	return run.against("itself", run.PerSecond), err
}

func (b *bench) records() string {
	return b.r.URL() + "/v1/tenants/" + string(b.t.Slug) + "/collections/" + collection + "/records"
}

func (b *bench) measureCreate(ctx context.Context, n int) (Run, error) {
	run, err := b.creating(ctx, n, b.records())
	if err != nil {
		return run, err
	}
	run.Operation, run.Target = "create", "ratio ≥ 0.15, p99 ≤ 6 × the echo's"
	if b.o.Engine == "postgres" {
		run.Target = "≥ 2,500/s at 64 clients"
	}
	return run.against("echo", b.echoes[n].PerSecond), nil
}

// creating lets n clients create people, and keeps what they are found by.
func (b *bench) creating(ctx context.Context, n int, url string) (Run, error) {
	ids := make([][]string, n)
	mails := make([][]string, n)
	run, err := load(ctx, n, b.o.For, func(ctx context.Context, c, _ int) error {
		body, mail := b.person()
		answer, err := b.do(ctx, "POST", url, body, "", http.StatusCreated)
		if err != nil {
			return err
		}
		ids[c] = append(ids[c], string(answer[7:7+28]))
		mails[c] = append(mails[c], mail)
		return nil
	})
	for c := range n {
		b.ids, b.mails = append(b.ids, ids[c]...), append(b.mails, mails[c]...)
	}
	return run, err
}

func (b *bench) measureRead(ctx context.Context, n int) (Run, error) {
	url := b.records() + "/"
	run, err := load(ctx, n, b.o.For, func(ctx context.Context, c, i int) error {
		_, err := b.do(ctx, "GET", url+b.ids[(c*7919+i)%len(b.ids)], nil, "support", http.StatusOK)
		return err
	})
	run.Operation, run.Target = "read", "ratio ≥ 0.20"
	if b.o.Engine == "postgres" {
		run.Target = "≥ 4,000/s at 64 clients"
	}
	return run.against("echo", b.echoes[n].PerSecond), err
}

func (b *bench) measureFind(ctx context.Context, n int) (Run, error) {
	url := b.records() + ":find"
	run, err := load(ctx, n, b.o.For, func(ctx context.Context, c, i int) error {
		body := []byte(`{"field":"email","value":"` + b.mails[(c*7919+i)%len(b.mails)] + `"}`)
		_, err := b.do(ctx, "POST", url, body, "support", http.StatusOK)
		return err
	})
	run.Operation, run.Target = "find", "ratio ≥ 0.17"
	return run.against("echo", b.echoes[n].PerSecond), err
}

// do sends one request and reads the whole answer.
func (b *bench) do(ctx context.Context, method, url string, body []byte, purpose string, want int) ([]byte, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return nil, err
	}
	req.Header["Authorization"] = []string{"Bearer " + b.token}
	if body != nil {
		req.Header["Content-Type"] = []string{"application/json"}
	}
	if purpose != "" {
		req.Header["Purpose"] = []string{purpose}
	}
	return b.answer(req, want)
}

// answer reads a whole answer, which must have one status.
func (b *bench) answer(req *http.Request, want int) ([]byte, error) {
	res, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("bench: %s %s: %s: %s", req.Method, req.URL, res.Status, answer)
	}
	return answer, err
}
