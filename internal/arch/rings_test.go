package arch

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Rings, from the inside out. A package may import lower rings only.
const (
	ringKernel = iota
	ringSpec
	ringEngine
	ringDomain
	ringEdge
	ringServer
	ringProgram
)

// domains in their order: each may import those before it.
func domains() []string {
	return []string{"audit", "tenant", "access", "keys", "identity", "vault", "consent", "retention", "rights",
		"artifact", "campaign", "backup", "status", "profile", "assurance"}
}

// ringOf places a package by the first folder below internal, or the top one.
// The family is the package that its sub-packages belong to.
func ringOf(dir string) (ring int, family string, ok bool) {
	parts := strings.Split(dir, "/")
	if parts[0] != "internal" {
		switch parts[0] {
		case "profiles": // data that anybody may read
			return ringKernel, "profiles", true
		case "cmd", "client", "testkit", "tools":
			return ringProgram, dir, true
		}
		return 0, "", false
	}
	family = parts[1]
	switch family {
	case "id", "clock", "errs", "actor", "i18n":
		return ringKernel, family, true
	case "spec":
		return ringSpec, strings.Join(parts[:min(3, len(parts))], "/"), true
	case "db", "blob", "mail", "web":
		return ringEngine, family, true
	case "api", "console", "portal", "jobs", "config":
		return ringEdge, family, true
	case "server":
		return ringServer, family, true
	case "arch":
		return ringProgram, family, true
	}
	if slices.Contains(domains(), family) {
		return ringDomain, family, true
	}
	return 0, "", false
}

// mayImport is the rule of the house.
func mayImport(from, to string) bool {
	fromRing, fromFamily, _ := ringOf(from)
	toRing, toFamily, _ := ringOf(to)
	switch {
	case fromFamily == toFamily:
		return true
	case fromRing == ringSpec:
		return false // one outside specification each, nothing of ours
	case fromRing == ringKernel || fromRing == ringProgram:
		return toRing <= fromRing // the compiler refuses cycles; programs stand side by side
	case fromRing == ringDomain && toRing == ringDomain:
		return slices.Index(domains(), toFamily) < slices.Index(domains(), fromFamily)
	}
	return toRing < fromRing
}

func TestRings(t *testing.T) {
	all, edges := readTree(t), 0
	permitted := allow(importExceptions())
	for _, s := range all.files {
		if _, _, ok := ringOf(s.dir); !ok {
			t.Errorf("%s: package %s has no place in the house (design, section 3)", s.path, s.dir)
			continue
		}
		for _, spec := range s.file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			to, ours := strings.CutPrefix(to, module+"/")
			if !ours || s.test { // a test may bring whatever it needs to check its package
				continue
			}
			edges++
			if !mayImport(s.dir, to) && !permitted.has(s.dir+" -> "+to) {
				t.Errorf("%s imports %s, against the rings or the order of domains", s.path, to)
			}
		}
	}
	permitted.stale(t)
	saw(t, edges, "imports between our packages")
}

// TestRingRule checks the rule itself with edges that must and must not pass.
func TestRingRule(t *testing.T) {
	for edge, want := range map[string]bool{
		"internal/vault internal/keys":             true,
		"internal/keys internal/vault":             false,
		"internal/consent internal/artifact":       false,
		"internal/artifact internal/consent":       true,
		"internal/audit/leaf internal/audit":       true,
		"internal/audit internal/spec/tlog":        true,
		"internal/spec/tlog internal/errs":         false,
		"internal/spec/tlog internal/spec/syslog":  false,
		"internal/db internal/errs":                true,
		"internal/db internal/web":                 false,
		"internal/web/ui internal/web":             true,
		"internal/web internal/audit":              false,
		"internal/api internal/console":            false,
		"internal/api internal/vault":              true,
		"internal/vault internal/api":              false,
		"internal/server internal/api":             true,
		"internal/api internal/server":             false,
		"internal/vault profiles":                  true,
		"profiles internal/vault":                  false,
		"cmd/garant internal/server":               true,
		"internal/server cmd/garant/internal/demo": false,
		"internal/vault testkit/pgserver":          false,
		"internal/actor internal/id":               true,
	} {
		from, to, _ := strings.Cut(edge, " ")
		if got := mayImport(from, to); got != want {
			t.Errorf("%s: %v", edge, got)
		}
	}
}

// The verifier must be readable in an evening and usable without trust in the
// platform: it may know formats, never storages or services.
func TestVerifierStaysSmall(t *testing.T) {
	seen := map[string]bool{}
	all := readTree(t).dirs()
	var visit func(dir string)
	visit = func(dir string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, s := range all[dir] {
			for _, spec := range s.file.Imports {
				to, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if to, ours := strings.CutPrefix(to, module+"/"); ours {
					visit(to)
				}
			}
		}
	}
	visit("cmd/garant-verify")
	if len(all["cmd/garant-verify"]) == 0 {
		t.Fatal("there is no cmd/garant-verify")
	}
	for dir := range seen {
		ring, family, _ := ringOf(dir)
		if ring == ringEngine || ring == ringEdge || ring == ringServer || ring == ringDomain && family != "audit" || dir == "internal/audit" {
			t.Errorf("cmd/garant-verify depends on %s", dir)
		}
	}
	saw(t, len(seen), "packages below the verifier")
}
