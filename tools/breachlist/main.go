package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"unicode/utf8"

	"garant.example/internal/identity"
)

func main() {
	out := flag.String("out", "list.bin", "file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "breachlist:", err)
		os.Exit(1)
	}
}

func run(out string, files []string) error {
	var prefixes []uint64
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var words []string
		if err := json.Unmarshal(data, &words); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, w := range words {
			if utf8.RuneCountInString(w) >= identity.BreachedCore {
				prefixes = append(prefixes, identity.BreachedPrefix(w))
			}
		}
	}
	if len(prefixes) == 0 {
		return fmt.Errorf("no words: name the word lists")
	}
	slices.Sort(prefixes)
	prefixes = slices.Compact(prefixes)
	b := make([]byte, 0, 8*len(prefixes))
	for _, p := range prefixes {
		b = binary.BigEndian.AppendUint64(b, p)
	}
	fmt.Printf("%d entries, %d bytes\n", len(prefixes), len(b))
	return os.WriteFile(out, b, 0o644)
}
