package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const good = `<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"></head>
<body><main><h1>Good page</h1><p>Words, and <a href="/good">a link to itself</a>.</p><button>A large button</button></main></body></html>`

const bad = `<!doctype html><html><head><title>Bad</title><link rel="icon" href="data:,"><style>*:focus{outline:none}</style></head>
<body><h1>One</h1><h1>Two</h1><div style="width:3000px">wide</div><img src="https://elsewhere.example/x.png">
<a href="/x" style="display:block;width:5px;height:5px;overflow:hidden">x</a>
<a href="/y" style="display:block;width:5px;height:5px;overflow:hidden">y</a>
<p style="color:#ccc;background:#fff">pale</p><script>throw new Error("broken")</script></body></html>`

// The judge itself is tested: a page without fault passes, and each fault that
// is planted is found.
func TestBrowserFindsWhatIsPlanted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/good":
			w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:")
			_, _ = w.Write([]byte(good))
		case "/policy":
			w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:")
			_, _ = w.Write([]byte(bad))
		case "/cookie":
			if c, err := r.Cookie("session"); err != nil || c.Value != "yes" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = w.Write([]byte(good))
		case "/bad":
			_, _ = w.Write([]byte(bad))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(good))
		}
	}))
	defer server.Close()

	shots := t.TempDir()
	Check(t, []Page{
		{Name: "good", URL: server.URL + "/good"},
		{Name: "missing", URL: server.URL + "/missing", Status: 404},
		{Name: "cookie", URL: server.URL + "/cookie", Cookies: []Cookie{{"session", "yes"}}},
	}, Options{Shots: shots})
	if _, err := os.Stat(filepath.Join(shots, "good-360-dark.png")); err != nil {
		t.Error(err)
	}

	desk := Options{Widths: []int{1440}, Schemes: []string{"light"}}
	found := rules(Audit(t, []Page{{Name: "bad", URL: server.URL + "/bad"}, {Name: "signed out", URL: server.URL + "/cookie"}}, desk))
	for _, rule := range []string{"request-leaves-the-server", "wider-than-the-screen", "target-size", "one-h1",
		"script-error", "html-has-lang", "image-alt", "color-contrast", "focus-not-visible", "status"} {
		if !slices.Contains(found, rule) {
			t.Errorf("%s was planted and not found: %v", rule, found)
		}
	}
	policy := rules(Audit(t, []Page{{Name: "policy", URL: server.URL + "/policy"}}, desk))
	if !slices.Contains(policy, "console-error") {
		t.Errorf("a violated policy was not found: %v", policy)
	}
}

func rules(results []Result) []string {
	var out []string
	for _, r := range results {
		for _, p := range r.Problems {
			out = append(out, p.Rule)
		}
	}
	return out
}
