package browser

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/go-json-experiment/json"
)

// Page is one address to look at.
type Page struct {
	Name    string   `json:"name"` // for the report and the file of its picture
	URL     string   `json:"url"`
	Status  int      `json:"status"` // expected; 0 means 200
	Cookies []Cookie `json:"cookies,omitempty"`
}

// Cookie signs a page's visitor in.
type Cookie struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Options say how to look. The zero value is what a page must pass.
type Options struct {
	Widths  []int    // pixels; default 360, 768, 1440
	Schemes []string // "light", "dark"; default both
	Shots   string   // folder for pictures of every page; default none
}

// Result is one page at one width in one scheme.
type Result struct {
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	Width    int       `json:"width"`
	Scheme   string    `json:"scheme"`
	Rules    int       `json:"rules"` // accessibility rules that applied and passed
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Rule   string `json:"rule"`
	Impact string `json:"impact"`
	Detail string `json:"detail"`
	Count  int    `json:"count"`
}

type job struct {
	Chromium string   `json:"chromium"`
	Shots    string   `json:"shots,omitempty"`
	Pages    []Page   `json:"pages"`
	Widths   []int    `json:"widths"`
	Schemes  []string `json:"schemes"`
}

// Audit looks at every page. A problem with the browser itself ends the test; a
// problem with a page stands in the results.
func Audit(tb testing.TB, pages []Page, o Options) []Result {
	tb.Helper()
	if len(pages) == 0 {
		tb.Fatal("browser: no page to look at")
	}
	j := job{Chromium: chromium(tb), Shots: o.Shots, Widths: o.Widths, Schemes: o.Schemes}
	if len(j.Widths) == 0 {
		j.Widths = []int{360, 768, 1440}
	}
	if len(j.Schemes) == 0 {
		j.Schemes = []string{"light", "dark"}
	}
	for _, p := range pages {
		if p.Status == 0 {
			p.Status = 200
		}
		j.Pages = append(j.Pages, p)
	}
	results, err := run(tb, j)
	if err != nil {
		tb.Fatal(err)
	}
	if want := len(pages) * len(j.Widths) * len(j.Schemes); len(results) != want {
		tb.Fatalf("browser: %d results, %d were asked for", len(results), want)
	}
	return results
}

// Check is Audit that fails the test for every problem.
func Check(tb testing.TB, pages []Page, o Options) {
	tb.Helper()
	rules := 0
	for _, r := range Audit(tb, pages, o) {
		rules += r.Rules
		for _, p := range r.Problems {
			tb.Errorf("%s at %d px, %s: %s (%s, %d times): %s", r.Name, r.Width, r.Scheme, p.Rule, p.Impact, p.Count, p.Detail)
		}
	}
	if rules == 0 {
		tb.Error("browser: no accessibility rule applied to any page")
	}
}

// folder is where this package and its node_modules are.
func folder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func chromium(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatal("browser: there is no Chromium; ./test browser installs it")
	return ""
}

func run(tb testing.TB, j job) ([]Result, error) {
	tb.Helper()
	if _, err := os.Stat(filepath.Join(folder(), "node_modules", "axe-core")); err != nil {
		return nil, fmt.Errorf("browser: the Node packages are missing; ./test browser installs them: %w", err)
	}
	in, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(tb.Context(), "node", "audit.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = folder(), bytes.NewReader(in), &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("browser: %w: %s", err, complaints.Bytes())
	}
	var answer struct {
		Results []Result `json:"results"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("browser: %w: %s", err, complaints.Bytes())
	}
	return answer.Results, nil
}
