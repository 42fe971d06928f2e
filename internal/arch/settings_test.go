package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"garant.example/internal/identity"
	"garant.example/internal/profile"
	"garant.example/profiles"
)

// enforcers say, for every setting that some profile puts in force, by which
// functions it comes into force: from the one that acts down to the one that reads
// the setting. Each names the next, and the last names the setting. A control that
// only looks is no enforcer.
func enforcers() map[profile.SettingName][]string {
	signIn := []string{"internal/profile.Apply", "internal/profile.put", "internal/profile.SignIn"}
	rotations := []string{"internal/server.work", "internal/profile.KeyTerms"}
	runs := []string{"internal/server.domains", "internal/profile.Check", "internal/profile.unmet"}
	return map[profile.SettingName][]string{
		"password_length":                signIn,
		"password_classes":               signIn,
		"password_lists":                 signIn,
		"password_score":                 signIn,
		"password_change_at_first_login": signIn,
		"lockout_failures":               signIn,
		"lockout_time":                   signIn,
		"session_idle":                   signIn,
		"session_life":                   signIn,
		"token_life":                     signIn,
		"key_rotation":                   rotations,
		"key_rewrap_within":              rotations,
		"tls_min":                        {"internal/server.declared", "internal/profile.TLSMinimum"},
		"at_rest_algorithms":             runs,
		"key_length":                     runs,
		"retention_by_tenant":            {"internal/profile.Apply", "internal/profile.plan", "internal/profile.demand", "internal/profile.ownRetention"},
	}
}

func declared(t *testing.T) *profile.Set {
	t.Helper()
	set, err := profile.Load(profiles.FS)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A security setting that is accepted is in force (law 10): whoever declares one
// without planned names the code that enforces it.
func TestEverySettingHasItsEnforcer(t *testing.T) {
	functions, chains, n := productFunctions(t), enforcers(), 0
	used := map[profile.SettingName]bool{}
	for _, p := range declared(t).Profiles() {
		for _, name := range p.Settings.Names() {
			if p.Settings[name].Planned {
				continue
			}
			n++
			used[name] = true
			if len(chains[name]) == 0 {
				t.Errorf("%s.yaml: nothing enforces %s; name its enforcer here, or mark it planned", p.Name, name)
			}
		}
	}
	for name, chain := range chains {
		if !used[name] {
			t.Errorf("%s has an enforcer and is in force nowhere", name)
		}
		for i, function := range chain {
			next := string(name)
			if i+1 < len(chain) {
				_, next, _ = strings.Cut(path.Base(chain[i+1]), ".")
			}
			if !functions[function].names(next) {
				t.Errorf("%s: %s does not name %s", name, function, next)
			}
		}
	}
	saw(t, n, "settings in force")
}

// A rule of signing in that identity never reads would be a setting that does
// nothing.
func TestEverySignInRuleIsRead(t *testing.T) {
	read := map[string]bool{}
	for _, s := range readTree(t).files {
		if s.dir != "internal/identity" || s.test || path.Base(s.path) == "settings.go" {
			continue // settings.go declares and bounds the rules; it does not act on them
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				read[sel.Sel.Name] = true
			}
			return true
		})
	}
	n := 0
	for group := range reflect.TypeFor[identity.Settings]().Fields() {
		for field := range group.Type.Fields() {
			n++
			if !read[field.Name] {
				t.Errorf("identity never reads %s.%s", group.Name, field.Name)
			}
		}
	}
	saw(t, n, "rules of signing in")
}

// A parameter of a promise of the kernel that its mechanism does not read would be
// a sentence on the trust page that nobody checks.
func TestEveryParameterIsRead(t *testing.T) {
	read, n := literalsOfMechanisms(t), 0
	for _, p := range declared(t).Promises() {
		if p.Slice != "kernel" {
			continue
		}
		folder := "internal/assurance/" + strings.ReplaceAll(string(p.Control.Mechanism), "-", "")
		if read[folder] == nil {
			t.Errorf("%s: there is no mechanism in %s", p.ID, folder)
			continue
		}
		for _, name := range parameterNames(p.Control.Parameters) {
			n++
			if !read[folder][name] {
				t.Errorf("%s: %s never reads the parameter %s", p.ID, p.Control.Mechanism, name)
			}
		}
	}
	saw(t, n, "parameters")
}

// parameterNames are the names of parameters and of what stands in their tables.
func parameterNames(p profile.Parameters) (names []string) {
	var visit func(v profile.Value)
	visit = func(v profile.Value) {
		for _, name := range v.Names() {
			names = append(names, name)
			visit(v.Get(name))
		}
		items, _ := v.List()
		for _, item := range items {
			visit(item)
		}
	}
	for _, name := range p.Names() {
		names = append(names, name)
		visit(p.Get(name))
	}
	return names
}

// literalsOfMechanisms are the texts in the code of each mechanism, but for the code
// that breaks facts.
func literalsOfMechanisms(t *testing.T) map[string]map[string]bool {
	t.Helper()
	out := map[string]map[string]bool{}
	for _, s := range readTree(t).files {
		if s.test || !strings.HasPrefix(s.dir, "internal/assurance/") || path.Base(s.path) == "breaks.go" {
			continue
		}
		if out[s.dir] == nil {
			out[s.dir] = map[string]bool{}
		}
		maps.Copy(out[s.dir], literals(s.file))
	}
	return out
}

func literals(n ast.Node) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				out[text] = true
			}
		}
		return true
	})
	return out
}

// function is what the functions of one name in one folder hold.
type function struct{ identifiers, texts map[string]bool }

func (f function) names(what string) bool { return f.identifiers[what] || f.texts[what] }

func productFunctions(t *testing.T) map[string]function {
	t.Helper()
	out := map[string]function{}
	readTree(t).product(func(s source) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			key := s.dir + "." + f.Name.Name
			if out[key].texts == nil {
				out[key] = function{map[string]bool{}, map[string]bool{}}
			}
			maps.Copy(out[key].texts, literals(f.Body))
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					out[key].identifiers[id.Name] = true
				}
				return true
			})
		}
	})
	return out
}

// The profiles that the program carries are the ones that were looked at.
func TestProfilesAreAllSeen(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(), "profiles", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range declared(t).Profiles() {
		names = append(names, string(p.Name)+".yaml")
	}
	for _, f := range files {
		if _, err := os.Stat(f); err != nil || !slices.Contains(names, filepath.Base(f)) {
			t.Errorf("%s is not among the loaded profiles", f)
		}
	}
	saw(t, len(files), "profiles")
}
