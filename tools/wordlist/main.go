package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"garant.example/internal/identity/strength"
)

func main() {
	out := flag.String("out", "fr.txt.gz", "file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "wordlist:", err)
		os.Exit(1)
	}
}

func run(out string, files []string) error {
	if len(files) < 2 {
		return fmt.Errorf("name a list of words, then lists of names")
	}
	seen := map[string]bool{}
	words, err := read(files[:1], seen)
	if err != nil {
		return err
	}
	names, err := read(files[1:], seen)
	if err != nil {
		return err
	}
	slices.Sort(names)
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(z, "%s\n\n%s\n", strings.Join(words, "\n"), strings.Join(names, "\n")); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Printf("%d words, %d names, %d bytes\n", len(words), len(names), b.Len())
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// read returns the words of the files that consist of letters, each once.
func read(files []string, seen map[string]bool) (list []string, err error) {
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var words []string
		if err := json.Unmarshal(data, &words); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, w := range words {
			w = strings.ToLower(strength.Fold(w))
			if len(w) < 3 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || seen[w] {
				continue
			}
			seen[w] = true
			list = append(list, w)
		}
	}
	return list, nil
}
