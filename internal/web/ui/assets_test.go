package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
)

func get(t *testing.T, method, target, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	Assets().ServeHTTP(w, r)
	return w.Result()
}

func TestAssetsAreServedForEver(t *testing.T) {
	served := 0
	for name, a := range bundle().files {
		served++
		res := get(t, http.MethodGet, AssetPath(name), "")
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || !bytes.Equal(body, a.plain) {
			t.Errorf("%s: status %d, %d bytes of %d", name, res.StatusCode, len(body), len(a.plain))
		}
		if got := res.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := res.Header.Get("Content-Type"); got == "" || got == "application/octet-stream" {
			t.Errorf("%s: Content-Type %q", name, got)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("ETag") == "" {
			t.Errorf("%s: headers %v", name, res.Header)
		}
	}
	for _, name := range []string{"garant.css", "favicon.svg", "wordmark.svg", "mark.svg", "rosette.svg", "fonts/text.woff2", "fonts/display.woff2", "fonts/mono.woff2", "licences/lucide.txt"} {
		if _, ok := bundle().files[name]; !ok {
			t.Errorf("%s is not served", name)
		}
	}
	if served == 0 {
		t.Error("nothing is served")
	}
}

func TestAssetsAreCompressed(t *testing.T) {
	res := get(t, http.MethodGet, AssetPath("garant.css"), "br, gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v", res.Header)
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(body, bundle().files["garant.css"].plain) {
		t.Errorf("unpacked %d bytes, %v", len(body), err)
	}
	for _, accept := range []string{"", "identity", "gzip;q=0", "gzip; q=0.0", "br"} {
		if got := get(t, http.MethodGet, AssetPath("garant.css"), accept).Header.Get("Content-Encoding"); got != "" {
			t.Errorf("Accept-Encoding %q is answered with %q", accept, got)
		}
	}
	if got := get(t, http.MethodGet, AssetPath("fonts/text.woff2"), "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a font is sent as %q", got)
	}
}

func TestAssetsOfAnotherReleaseAreNotKept(t *testing.T) {
	res := get(t, http.MethodGet, AssetPrefix+"000000000000/garant.css", "")
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("status %d, Cache-Control %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
}

func TestAssetsRefuseTheRest(t *testing.T) {
	current := path.Dir(AssetPath("garant.css"))
	for _, target := range []string{AssetPrefix, current, current + "/", current + "/nothing.css", current + "/../go.mod", AssetPrefix + "garant.css", "/elsewhere/x/garant.css"} {
		if got := get(t, http.MethodGet, target, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", target, got)
		}
	}
	if got := get(t, http.MethodPost, AssetPath("garant.css"), "").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d", got)
	}
	head := get(t, http.MethodHead, AssetPath("garant.css"), "")
	body, err := io.ReadAll(head.Body)
	if err != nil || head.StatusCode != http.StatusOK || len(body) != 0 {
		t.Errorf("HEAD = %d with %d bytes, %v", head.StatusCode, len(body), err)
	}
}

func FuzzAcceptsGzip(f *testing.F) {
	for _, s := range []string{"gzip", "br, gzip;q=0.5", "gzip;q=0", "*", ",;=", "GZIP ; q=0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if acceptsGzip(header) && !strings.Contains(strings.ToLower(header), "gzip") {
			t.Errorf("%q is taken to accept gzip", header)
		}
	})
}
