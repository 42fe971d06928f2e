package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	count := flag.String("count", "", "write \"passed failed\" to this file")
	flag.Parse()
	os.Exit(run(os.Stdin, os.Stdout, *count))
}

// run is main with its surroundings given in.
func run(in io.Reader, out io.Writer, count string) int {
	s := newSum(out)
	if err := s.read(in); err != nil {
		s.fail("", "", fmt.Sprintf("testsum: %v\n", err))
	}
	s.finish()
	fmt.Fprintf(out, "%d passed, %d failed, %d packages\n", s.passed, s.failed, len(s.packages))
	if count != "" {
		if err := os.WriteFile(count, fmt.Appendf(nil, "%d %d\n", s.passed, s.failed), 0o600); err != nil {
			fmt.Fprintln(out, "testsum:", err)
			return 1
		}
	}
	if s.failed > 0 {
		return 1
	}
	return 0
}
