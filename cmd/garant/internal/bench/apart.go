package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Job is what clients in a process of their own are asked to do: create records
// with so many connections for a while. The processor time of the asking process
// is then the server's alone.
type Job struct {
	URL       string        `json:"url"` // of the records
	Token     string        `json:"token"`
	Authority []byte        `json:"authority"` // the server's, DER
	Clients   int           `json:"clients"`
	For       time.Duration `json:"for"`
	After     int64         `json:"after"` // number of the last person created before
}

// Done is what became of a Job.
type Done struct {
	Created int64 `json:"created"`
}

// Drive does a job. It fails when one request fails.
func Drive(ctx context.Context, j Job) (Done, error) {
	root, err := x509.ParseCertificate(j.Authority)
	if err != nil {
		return Done{}, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	b := &bench{o: Options{For: j.For}, token: j.Token, client: httpClient(roots)}
	b.serial.Store(j.After)
	_, err = b.creating(ctx, j.Clients, j.URL)
	return Done{Created: int64(len(b.ids))}, err
}

func httpClient(roots *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 512, MaxIdleConns: 512}
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return &http.Client{Transport: transport}
}

// measureCPU takes the server's processor time of a creation: all that this
// process uses while the clients are another one.
func (b *bench) measureCPU(ctx context.Context) (Run, error) {
	if b.o.Apart == nil {
		return b.measureCPUTogether(ctx)
	}
	j := Job{URL: b.records(), Token: b.token, Authority: b.r.CA.Root().Raw, Clients: 8, For: b.o.For, After: b.serial.Load()}
	before, err := cpu()
	if err != nil {
		return Run{}, err
	}
	done, err := b.o.Apart(ctx, j)
	if err == nil && done.Created == 0 {
		err = errors.New("bench: the clients created nothing")
	}
	if err != nil {
		return Run{}, err
	}
	after, err := cpu()
	b.serial.Add(done.Created + int64(j.Clients))
	return Run{Operation: "processor", Clients: j.Clients, Value: float64((after - before).Microseconds()) / float64(done.Created),
		Unit: "µs per create", Target: "≤ 160", Note: "the server's; its clients in a process of their own"}, err
}

// measureCPUTogether does without another process: client and server share this
// one, and half an echo is taken for the client.
func (b *bench) measureCPUTogether(ctx context.Context) (Run, error) {
	each := func(step func(context.Context, int) (Run, error)) (float64, error) {
		before, err := cpu()
		if err != nil {
			return 0, err
		}
		var run Run
		took, err := elapsed(func() (err error) { run, err = step(ctx, 8); return err })
		if err != nil {
			return 0, err
		}
		after, err := cpu()
		return float64((after - before).Microseconds()) / (run.PerSecond * took.Seconds()), err
	}
	echo, err := each(b.measureEcho)
	if err != nil {
		return Run{}, err
	}
	create, err := each(b.measureCreate)
	return Run{Operation: "processor", Clients: 8, Value: create - echo/2, Unit: "µs per create", Target: "≤ 160",
		Note: fmt.Sprintf("client and server together %.0f, an echo %.0f; half an echo is taken for the client", create, echo)}, err
}
