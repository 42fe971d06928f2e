package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// deaf is a key service that can be out of reach.
type deaf struct {
	kms.KMS
	away atomic.Bool
}

func (d *deaf) reach(key string) error {
	if d.away.Load() {
		return &kms.Error{Reason: kms.Unreachable, Service: d.Name(), Key: key, Err: errors.New("no answer")}
	}
	return nil
}

func (d *deaf) Wrap(ctx context.Context, key string, plaintext []byte, bound kms.Context) ([]byte, error) {
	if err := d.reach(key); err != nil {
		return nil, err
	}
	return d.KMS.Wrap(ctx, key, plaintext, bound)
}

func (d *deaf) Unwrap(ctx context.Context, key string, wrapped []byte, bound kms.Context) ([]byte, error) {
	if err := d.reach(key); err != nil {
		return nil, err
	}
	return d.KMS.Unwrap(ctx, key, wrapped, bound)
}

// outage is a platform under load whose key service goes away.
type outage struct {
	*testing.T
	h      *house.House
	clock  *clock.Fake
	kms    *deaf
	town   tenant.Tenant
	token  string
	serial atomic.Int64
	acks   atomic.Int64
	no     atomic.Int64 // refusals, all clear
}

// create makes one person and says whether it was acknowledged.
func (o *outage) create() bool {
	n := o.serial.Add(1)
	req, err := http.NewRequest("POST", o.h.WindowURL()+townRecords,
		strings.NewReader(fmt.Sprintf(`{"fields":{"email":"k%d@example.org","display_name":"Inès","standing":"registered"}}`, n)))
	if err != nil {
		o.Error(err)
		return false
	}
	req.Header.Set("Authorization", "Bearer "+o.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.Error(err)
		return false
	}
	defer res.Body.Close()
	var p struct {
		Code, Key, Fix string
		Retryable      bool
	}
	switch err := json.NewDecoder(res.Body).Decode(&p); {
	case err == nil && res.StatusCode == http.StatusCreated:
		o.acks.Add(1)
		return true
	case err == nil && res.StatusCode == http.StatusServiceUnavailable && p.Fix != "" && p.Key != "":
		o.no.Add(1)
	default:
		o.Errorf("no clear refusal: %s %+v %v", res.Status, p, err)
	}
	return false
}

// The key service goes away under load: open rings serve on for the grace, then
// personal data closes with a clear reason, the rest of the service goes on, and all
// opens by itself when the service is back. Each answer has its record and its leaf.
func TestCrashKMSAway(t *testing.T) {
	for name, options := range map[string]func() house.Options{
		"sqlite":   func() house.Options { return house.Options{} },
		"postgres": func() house.Options { return house.OnPostgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			o := &outage{T: t, clock: clock.NewFake(clock.System().Now())}
			local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(t.TempDir(), "kms.json"), Secret: []byte(sitePassphrase), Clock: o.clock,
				Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
			if err != nil {
				t.Fatal(err)
			}
			o.kms = &deaf{KMS: local}
			opt := options()
			opt.Clock, opt.KMS = o.clock, map[id.Name]server.KMS{"local": {Service: o.kms, Key: "tenants"}}
			o.h = house.Open(t, opt)
			o.town = o.h.Tenant("town", "civic-engagement", "CA", false)
			o.token = o.h.Token(o.town, "site", "integration")
			o.run()
		})
	}
}

func (o *outage) run() {
	var over atomic.Bool
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for !over.Load() {
				o.create()
			}
		})
	}
	more := func(what string, count *atomic.Int64) {
		from := count.Load()
		eventually(o.T, what, func() bool { return count.Load() >= from+20 })
	}
	more("answers before the outage", &o.acks)
	o.kms.away.Store(true)
	for past := time.Duration(0); past+time.Minute < o.h.House.Rings.OutageGrace(); past += time.Minute {
		o.clock.Advance(time.Minute)
		if past%(5*time.Minute) == 0 {
			more("answers within the grace", &o.acks)
		}
	}
	if n := o.no.Load(); n > 0 {
		o.Errorf("%d refusals within the grace", n)
	}
	o.clock.Advance(2 * time.Minute)
	more("refusals after the grace", &o.no)
	for _, path := range []string{"/livez", "/openapi.json", "/problems/sealed"} {
		res, err := http.Get(o.h.WindowURL() + path)
		if err != nil {
			o.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode/100 != 2 {
			o.Errorf("%s without the key service: %s", path, res.Status)
		}
	}
	o.kms.away.Store(false)
	eventually(o.T, "an answer once it is back", func() bool { o.clock.Advance(time.Second); return o.create() })
	more("answers once it is back", &o.acks)
	over.Store(true)
	wg.Wait()
	rows := 0
	for _, err := range o.h.House.Vault.Stored(house.Platform(), o.town, tenant.Main) {
		if err != nil {
			o.Fatal(err)
		}
		rows++
	}
	if n := o.acks.Load(); int64(rows) != n {
		o.Errorf("%d answers and %d records", n, rows)
	}
	verified(o.T, o.h.House, o.town, "after the outage")
}
