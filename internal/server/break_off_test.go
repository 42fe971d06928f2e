package server_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/server"
)

// crowd is many clients at once, of which every second breaks off in the middle.
type crowd struct {
	*testing.T
	site
	r     *server.Running
	addr  string
	roots *tls.Config

	mu    sync.Mutex
	acked map[string]string // by address: the record
	lost  map[string]bool   // sent wholly, and the answer not waited for
	cut   map[string]bool   // never sent wholly
}

const crowdSize, crowdRequests = 256, 2

func newCrowd(t *testing.T, s site) *crowd {
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := &crowd{T: t, site: s, acked: map[string]string{}, lost: map[string]bool{}, cut: map[string]bool{}}
	c.r = s.serve(t, &notebook{})
	u, err := url.Parse(c.r.URL())
	if err != nil {
		t.Fatal(err)
	}
	c.addr, c.roots = u.Host, &tls.Config{RootCAs: c.r.Roots(), ServerName: "localhost"}
	return c
}

func (c *crowd) request(mail string) (head, body string) {
	body = fmt.Sprintf(`{"fields":{"email":%q,"display_name":"Inès","phone":"+14185550100","standing":"registered"}}`, mail)
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		townRecords, c.Token, len(body)), body
}

// faithful sends its requests and waits for each answer.
func (c *crowd) faithful(round, n int) error {
	conn, err := tls.Dial("tcp", c.addr, c.roots)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := range crowdRequests {
		mail := fmt.Sprintf("f%d-%d-%d@example.org", round, n, i)
		head, body := c.request(mail)
		if _, err := io.WriteString(conn, head+body); err != nil {
			return err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusCreated {
			return fmt.Errorf("%s %s: %w", res.Status, text, err)
		}
		c.mu.Lock()
		c.acked[mail] = strings.TrimPrefix(res.Header.Get("Location"), townRecords+"/")
		c.mu.Unlock()
	}
	return nil
}

// breaking opens a connection for each request and drops it: in the head, in the
// body, right behind the body, or by a reset while the answer is on its way.
func (c *crowd) breaking(round, n int) error {
	for i := range crowdRequests {
		mail := fmt.Sprintf("b%d-%d-%d@example.org", round, n, i)
		head, body := c.request(mail)
		text, whole := head+body, (n/2+i)%4 >= 2
		switch (n/2 + i) % 4 {
		case 0:
			text = head[:len(head)/2]
		case 1:
			text = head + body[:len(body)/2]
		}
		c.mu.Lock()
		if whole {
			c.lost[mail] = true
		} else {
			c.cut[mail] = true
		}
		c.mu.Unlock()
		raw, err := net.Dial("tcp", c.addr)
		if err != nil {
			return err
		}
		conn := tls.Client(raw, c.roots)
		if _, err = io.WriteString(conn, text); err == nil && (n/2+i)%4 == 3 {
			_, err = conn.Read(make([]byte, 1)) // the answer has begun
		}
		if err == nil {
			err = raw.(*net.TCPConn).SetLinger(0) // a reset, as from a machine that vanished
		}
		_ = raw.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// round lets all of them work at once.
func (c *crowd) round(n int) {
	c.Helper()
	var wg sync.WaitGroup
	for i := range crowdSize {
		wg.Go(func() {
			work := c.faithful
			if i%2 == 1 {
				work = c.breaking
			}
			if err := work(n, i); err != nil {
				c.Errorf("client %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// held counts goroutines and open descriptors.
func held(t *testing.T) (goroutines, files int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return runtime.NumGoroutine(), len(list)
}

// A crowd of which half breaks off in the middle: each answer has its record and its
// leaf, each record its leaf; what was sent wholly is there wholly or not at all, what
// was not is not; and nothing is left open of the connections that broke.
func TestCrashClientsBreakOff(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { newCrowd(t, site{Dir: t.TempDir()}).all() })
	t.Run("postgres", func(t *testing.T) { newCrowd(t, siteBeside(t)).all() })
}

func (c *crowd) all() {
	c.round(0) // opens what stays open: databases, their connections
	goroutines, files := 0, 0
	eventually(c.T, "the connections of the first round are closed", func() bool {
		now, open := held(c.T)
		calm := now == goroutines && open == files
		goroutines, files = now, open
		return calm
	})
	c.round(1)
	c.round(2)
	var now, open int
	eventually(c.T, "as much is open as before", func() bool {
		now, open = held(c.T)
		return now <= goroutines+crowdSize/16 && open <= files+crowdSize/16
	})
	c.Logf("%d goroutines and %d files before, %d and %d after %d broken connections", goroutines, files, now, open, crowdSize*crowdRequests)
	if err := c.r.Stop(c.Context()); err != nil {
		c.Error(err)
	}
	c.balance()
}

// balance holds the entries of the log against the answers.
func (c *crowd) balance() {
	h, _, err := c.open(c.Context(), io.Discard)
	if err != nil {
		c.Fatal(err)
	}
	defer h.Close(c.Context())
	town, err := h.Tenants.Named("town")
	if err != nil {
		c.Fatal(err)
	}
	found := &account{rows: map[string]string{}, mails: map[string]string{}}
	newWitness().readRows(c.T, h, town, found)
	for record, fields := range found.rows {
		mail, _ := findable(c.T, fields)
		found.mails[mail] = record
	}
	leaves := 0
	for _, e := range verified(c.T, h, town, "after the crowd") {
		if e.Operation == audit.RecordCreate && e.Outcome == audit.Done {
			leaves++
		}
	}
	for mail, record := range c.acked {
		if found.mails[mail] == "" || record != "" && found.mails[mail] != record {
			c.Errorf("%s was answered as %q and is %q", mail, record, found.mails[mail])
		}
	}
	for mail := range found.mails {
		if _, ok := c.acked[mail]; !ok && !c.lost[mail] {
			c.Errorf("%s is there, and was never sent wholly: %v", mail, c.cut[mail])
		}
	}
	if len(c.acked) != 3*crowdSize/2*crowdRequests || leaves < len(c.acked) || leaves > len(c.acked)+len(c.lost) || leaves != len(found.rows) {
		c.Errorf("%d answers, %d sent without one, %d leaves, %d records", len(c.acked), len(c.lost), leaves, len(found.rows))
	}
	c.Logf("%d answers and %d lost ones: %d leaves", len(c.acked), len(c.lost), leaves)
}
