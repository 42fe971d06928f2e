package postgres

import (
	"strings"
	"testing"
)

func TestRebind(t *testing.T) {
	for in, out := range map[string]string{
		"SELECT ?1, ?2, ?1, ?10":                 "SELECT $1, $2, $1, $10",
		"SELECT '?1 it''s ?2', ?1":               "SELECT '?1 it''s ?2', $1",
		`SELECT "a?1""?2" FROM t WHERE b=?1`:     `SELECT "a?1""?2" FROM t WHERE b=$1`,
		"SELECT 1 -- ?1\n, ?1":                   "SELECT 1 -- ?1\n, $1",
		"SELECT /* ?1 /* ?2 */ ?3 */ ?1":         "SELECT /* ?1 /* ?2 */ ?3 */ $1",
		"SELECT $$ ?1 $$, $t$ ?1 $$ $t$, ?1, $2": "SELECT $$ ?1 $$, $t$ ?1 $$ $t$, $1, $2",
		"SELECT a ? 'b', a ?| b":                 "SELECT a ? 'b', a ?| b",
		"":                                       "",
		"SELECT '?1":                             "SELECT '?1",
		"SELECT /* ?1":                           "SELECT /* ?1",
		"SELECT -- ?1":                           "SELECT -- ?1",
		"SELECT $t$ ?1":                          "SELECT $t$ ?1",
		"SELECT ?1$":                             "SELECT $1$",
		"INSERT INTO é (ü) VALUES (?1, CAST(?2 AS X))": "INSERT INTO é (ü) VALUES ($1, CAST($2 AS X))",
	} {
		if got := Rebind(in); got != out {
			t.Errorf("%q became %q, want %q", in, got, out)
		}
	}
}

func FuzzRebind(f *testing.F) {
	for _, s := range []string{"SELECT ?1", "'?1' \"?2\" -- ?3\n ?4", "/* /* ?1 */ */ ?2", "$a$ ?1 $a$ ?2", "?", "$", "'", "$é$?1$é$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := Rebind(in)
		if len(out) != len(in) {
			t.Fatalf("%q became %q", in, out)
		}
		for i := range len(in) {
			if in[i] == out[i] {
				continue
			}
			if in[i] != '?' || out[i] != '$' || i+1 == len(in) || !digit(in[i+1]) {
				t.Fatalf("%q became %q at %d", in, out, i)
			}
		}
		if !strings.ContainsAny(in, `'"-/$`) && strings.Contains(out, "?1") {
			t.Fatalf("%q kept a parameter: %q", in, out)
		}
	})
}
