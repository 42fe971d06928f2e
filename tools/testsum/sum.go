package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
)

// event is one line of "go test -json" (see "go doc test2json").
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build output
	Test        string
	Output      string
	FailedBuild string
	Elapsed     float64
}

// sum is what a run came to.
type sum struct {
	out            io.Writer
	passed, failed int
	packages       map[string]bool // true when one of its tests failed
	output         map[string]*strings.Builder
	builds         map[string]*strings.Builder // compiler output, by package that did not build
}

func newSum(out io.Writer) *sum {
	return &sum{out: out, packages: map[string]bool{}, output: map[string]*strings.Builder{}, builds: map[string]*strings.Builder{}}
}

// maxLine bounds one event; a test that prints a megabyte in a line is cut there
// by the go command itself.
const maxLine = 8 << 20

func (s *sum) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "{") { // the go command's own complaint
			s.fail("", "", line+"\n")
			continue
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return fmt.Errorf("not an event: %w", err)
		}
		s.add(e)
	}
	return lines.Err()
}

func (s *sum) add(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "build-output":
		buffer(s.builds, e.ImportPath).WriteString(e.Output)
	case "output":
		buffer(s.output, key).WriteString(e.Output)
	case "pass":
		s.end(e, key)
		if e.Test != "" {
			s.passed++
		}
	case "skip":
		if e.Test != "" { // without a test it is a package that has none
			s.fail(e.Package, e.Test, s.text(key)+"skipped: a test that may be skipped proves nothing\n")
		}
		s.end(e, key)
	case "fail":
		s.failure(e, key)
		s.end(e, key)
	}
}

func buffer(m map[string]*strings.Builder, key string) *strings.Builder {
	b, ok := m[key]
	if !ok {
		b = &strings.Builder{}
		m[key] = b
	}
	return b
}

func (s *sum) text(key string) string {
	if b, ok := s.output[key]; ok {
		return b.String()
	}
	return ""
}

// failure counts a failed test once, and a failed package only when none of its
// tests did: it did not build, or it died.
func (s *sum) failure(e event, key string) {
	if e.Test != "" {
		s.fail(e.Package, e.Test, s.text(key))
		return
	}
	if s.packages[e.Package] {
		return
	}
	text := s.text(key)
	if b, ok := s.builds[e.FailedBuild]; ok {
		text += b.String()
	}
	for other, b := range s.output { // a test that was running when the process died
		if strings.HasPrefix(other, e.Package+"\x00") && other != key {
			text += b.String()
		}
	}
	s.fail(e.Package, "", text)
}

func (s *sum) fail(pkg, test, text string) {
	s.failed++
	if pkg != "" {
		s.packages[pkg] = true
	}
	fmt.Fprintf(s.out, "--- FAIL %s %s\n%s", pkg, test, text)
}

// end forgets the output of what has ended, and notes the package.
func (s *sum) end(e event, key string) {
	delete(s.output, key)
	if e.Test != "" || e.Action == "skip" {
		return
	}
	s.packages[e.Package] = s.packages[e.Package]
	for other := range s.output {
		if strings.HasPrefix(other, e.Package+"\x00") {
			delete(s.output, other)
		}
	}
}

// finish looks at what never ended.
func (s *sum) finish() {
	if s.passed == 0 && s.failed == 0 {
		s.fail("", "", "no test ran: a gate that looked at nothing is open\n")
	}
}
