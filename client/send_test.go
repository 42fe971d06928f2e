package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scripted answers with one step after another, and repeats the last.
func scripted(t *testing.T, steps ...http.HandlerFunc) (*Client, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		steps[min(i, len(steps)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	c, err := New(Options{URL: s.URL, Token: "grt_test", Transport: s.Client().Transport})
	if err != nil {
		t.Fatal(err)
	}
	c.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c, &n
}

func problem(status int, code string, retryable bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		flag := "false"
		if retryable {
			flag = "true"
		}
		io.WriteString(w, `{"code":"`+code+`","detail":"No.","retryable":`+flag+`,"errors":[{"pointer":"/a","detail":"Bad."}]}`)
	}
}

func created(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("ETag", `"1-a"`)
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, `{"id":"r_1","fields":{"a":1}}`)
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestCreationIsRepeatedUnderOneKey(t *testing.T) {
	var keys []string
	noted := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
			h(w, r)
		}
	}
	c, n := scripted(t, noted(problem(503, Unavailable, true)), noted(cut), noted(created))
	r, err := c.Tenant("a").Collection("b").Create(t.Context(), NewRecord{Fields: []byte(`{}`)})
	if err != nil || r.ID != "r_1" || r.ETag != `"1-a"` || n.Load() != 3 {
		t.Fatalf("%v, %v after %d", r, err, n.Load())
	}
	if keys[0] == "" || keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("keys %q", keys)
	}
}

func TestChangesAreNotSentTwiceBlindly(t *testing.T) {
	c, n := scripted(t, cut, created)
	if _, err := c.Tenant("a").Collection("b").Update(t.Context(), "r_1", `"1"`, []byte(`{}`)); err == nil || n.Load() != 1 {
		t.Errorf("%v after %d: nobody knows whether the first was done", err, n.Load())
	}
	c, n = scripted(t, problem(429, TooMany, true), created)
	if _, err := c.Tenant("a").Collection("b").Update(t.Context(), "r_1", `"1"`, []byte(`{}`)); err != nil || n.Load() != 2 {
		t.Errorf("%v after %d: the server said that it may be sent again", err, n.Load())
	}
	c, n = scripted(t, problem(409, Conflict, false), created)
	if _, err := c.Tenant("a").Collection("b").Create(t.Context(), NewRecord{}); err == nil || n.Load() != 1 {
		t.Errorf("%v after %d: a refusal is an answer", err, n.Load())
	}
}

func TestRetriesEnd(t *testing.T) {
	c, n := scripted(t, problem(503, Unavailable, true))
	_, err := c.Tenant("a").Info(t.Context())
	var p *Problem
	if !errors.As(err, &p) || p.Code != Unavailable || p.Status != 503 || n.Load() != 1+defaultRetries {
		t.Errorf("%v after %d", err, n.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Tenant("a").Info(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestWaitGrowsAndHeedsTheServer(t *testing.T) {
	for try := range 20 {
		if w := wait(errors.New("cut"), try); w < firstPause/2 || w > mostPause {
			t.Errorf("try %d: %s", try, w)
		}
	}
	if w := wait(&Problem{retryAfter: 3 * time.Second}, 0); w < 3*time.Second || w > 4*time.Second {
		t.Errorf("Retry-After: %s", w)
	}
}

func TestAnswerOfAProxy(t *testing.T) {
	c, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "rq_1")
		http.Error(w, "<html>teapot", http.StatusNotFound)
	})
	_, err := c.Tenant("a").Info(t.Context())
	var p *Problem
	if !errors.As(err, &p) || p.Code != NotFound || p.RequestID != "rq_1" || strings.Contains(p.Error(), "html") {
		t.Errorf("%v", err)
	}
}

func TestRedirectsTakeNoTokenAway(t *testing.T) {
	c, n := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	})
	if _, err := c.Tenant("a").Info(t.Context()); err == nil || n.Load() != 1 {
		t.Errorf("%v after %d", err, n.Load())
	}
}

func TestImportNoticesABrokenAnswer(t *testing.T) {
	for body, want := range map[string]bool{
		`{"line":1,"status":"created","id":"r_1"}` + "\n" + `{"line":1,"status":"ended"}` + "\n": true,
		`{"line":1,"status":"created","id":"r_1"}` + "\n":                                        false,
		`{"line":1,"status":"cre`: false,
		"":                        false,
		`{"line":1,"status":"failed","problem":{"code":"log_unavailable","detail":"No."}}` + "\n": false,
	} {
		c, _ := scripted(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, body)
		})
		told := 0
		err := c.Tenant("a").Collection("b").Import(t.Context(), strings.NewReader("{}\n"), func(ImportResult) error { told++; return nil })
		if (err == nil) != want {
			t.Errorf("%q: %v after %d", body, err, told)
		}
	}
}

func TestExportNoticesABrokenAnswer(t *testing.T) {
	c, _ := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	var out bytes.Buffer
	if _, err := c.Tenant("a").Collection("b").Export(t.Context(), "p", CSV, &out); !errors.Is(err, ErrCut) {
		t.Errorf("%v, %q", err, &out)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{"https://a.example": true, "http://localhost:1": true, "http://127.0.0.1:1": true,
		"http://a.example": false, "a.example": false, "": false, "ftp://a": false} {
		if _, err := New(Options{URL: address}); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAuthorityFile(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(created))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{URL: s.URL, CAFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tenant("a").Collection("b").Create(t.Context(), NewRecord{}); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	if c, err = New(Options{URL: s.URL, Retries: -1}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tenant("a").Collection("b").Create(t.Context(), NewRecord{}); err == nil {
		t.Error("an unknown authority was trusted")
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{URL: s.URL, CAFile: file}); !errors.Is(err, ErrCA) {
		t.Errorf("%v", err)
	}
}

func FuzzEachLine(f *testing.F) {
	f.Add([]byte("a\nb\n"))
	f.Add([]byte("\n\n"))
	f.Add([]byte("a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var back []byte
		err := eachLine(bytes.NewReader(data), func(line []byte) error {
			if bytes.IndexByte(line, '\n') >= 0 || len(line) == 0 {
				t.Errorf("line %q", line)
			}
			back = append(append(back, line...), '\n')
			return nil
		})
		whole := len(data) == 0 || data[len(data)-1] == '\n'
		if (err == nil) != whole {
			t.Errorf("%q: %v", data, err)
		}
		if whole && string(bytes.ReplaceAll(back, []byte("\n"), nil)) != string(bytes.ReplaceAll(data, []byte("\n"), nil)) {
			t.Errorf("%q became %q", data, back)
		}
	})
}

// keyText is the one text of a verifier key.
func keyText(origin string, key []byte) string {
	raw := append([]byte{algorithmEd25519}, key...)
	sum := sha256.Sum256(append([]byte(origin+"\n"), raw...))
	return fmt.Sprintf("%s+%x+%s", origin, sum[:4], base64.StdEncoding.EncodeToString(raw))
}

func FuzzParseKey(f *testing.F) {
	f.Add("log+00000000+AA==")
	key := keyText("a", make([]byte, 32))
	f.Add(key)
	f.Add(key[:20] + "\r\n" + key[20:]) // base64 decoders pass over it
	f.Add(key[:len(key)-1] + "B")       // 33 bytes fill their last character; one more bit is another key
	f.Add("garant.example/t/main+3c2b1a00+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
	f.Fuzz(func(t *testing.T, text string) {
		origin, key, err := ParseKey(text)
		if err != nil {
			return
		}
		if origin == "" || len(key) != 32 {
			t.Errorf("%q: %q, %d", text, origin, len(key))
		}
		if again := keyText(origin, key); again != strings.TrimSpace(text) {
			t.Errorf("%q is written %q", text, again)
		}
	})
}

func FuzzProof(f *testing.F) {
	f.Add([]byte(`{"format":"garant.inclusion.v1","content":{"seq":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProof(data)
		if err == nil && p.Verify("log+00000000+AA==") == nil {
			t.Error("a made up proof holds")
		}
	})
}
