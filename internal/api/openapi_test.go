package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/i18n"
)

func TestEveryRouteIsComplete(t *testing.T) {
	catalog, seen := i18n.Must(), map[string]bool{}
	allowed := map[string]bool{}
	access.Cells(func(a access.Action, r access.Resource) { allowed[a.String()+" "+r.String()] = true })
	for _, r := range Routes() {
		if seen[r.Name] || seen[r.Method+" "+r.Path] {
			t.Errorf("%s stands twice", r.Name)
		}
		seen[r.Name], seen[r.Method+" "+r.Path] = true, true
		if r.serve == nil || r.Status == 0 {
			t.Errorf("%s serves nothing", r.Name)
		}
		if !catalog.Has("api." + r.Name) {
			t.Errorf("%s has no words", r.Name)
		}
		if pair := r.Action.String() + " " + r.On.String(); (r.Scope == Anyone) == allowed[pair] {
			t.Errorf("%s: scope %s, permission %q", r.Name, r.Scope, pair)
		}
		if r.Scope == Tenant && !strings.Contains(r.Path, "{tenant}") {
			t.Errorf("%s is of a tenant and names none", r.Name)
		}
		if r.Method == http.MethodGet && r.In != nil {
			t.Errorf("%s: a GET has no body", r.Name)
		}
		if r.Status != http.StatusNoContent && r.Out == nil && r.Answer == "" {
			t.Errorf("%s answers nothing", r.Name)
		}
	}
	t.Logf("%d routes", len(Routes()))
}

// hole is how a key without words shows.
const hole = "⟦"

func TestDocumentSaysEverythingInBothLanguages(t *testing.T) {
	for _, lang := range i18n.Languages() {
		data, err := json.Marshal(Describe(i18n.Must().Printer(lang)), json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		for text := range strings.SplitSeq(string(data), hole) {
			if key, _, found := strings.Cut(text, "⟧"); found {
				t.Errorf("%s: %s has no words", lang, key)
			}
		}
	}
}

func TestDocumentHoldsExactlyWhatIsServed(t *testing.T) {
	doc, described := Describe(i18n.Must().Printer("en")), map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			described[strings.ToUpper(method)+" "+path] = true
			if op.ID == "" || op.Summary == "" || len(op.Responses) < 2 {
				t.Errorf("%s %s is incomplete", method, path)
			}
		}
	}
	served := map[string]bool{}
	for pattern, verbs := range (&API{}).handlers() {
		for verb := range verbs {
			path := strings.ReplaceAll(pattern, "...}", "}")
			if verb != "" {
				path += ":" + verb
			}
			served[path] = true
		}
	}
	if !reflect.DeepEqual(served, described) {
		t.Errorf("served and described differ:\n%v\n%v", served, described)
	}
	t.Logf("%d operations", len(served))
}

// TestDocumentIsOpenAPI holds the document against what the specification requires
// of each of its objects (OpenAPI 3.1.0, section 4.8).
func TestDocumentIsOpenAPI(t *testing.T) {
	doc := Describe(i18n.Must().Printer("fr"))
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" || len(doc.Paths) == 0 {
		t.Error("openapi, info.title, info.version and paths are required")
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		if !strings.HasPrefix(path, "/") {
			t.Errorf("path %q", path)
		}
		for method, op := range item {
			if ids[op.ID] {
				t.Errorf("operationId %s stands twice", op.ID)
			}
			ids[op.ID] = true
			checkOperation(t, doc, path, method, op)
		}
	}
	for name, s := range doc.Components.Schemas {
		checkSchema(t, doc, name, s)
		for _, r := range s.Required {
			if s.Properties[r] == nil {
				t.Errorf("%s requires %s and does not have it", name, r)
			}
		}
	}
}

func checkOperation(t *testing.T, doc Document, path, method string, op *Operation) {
	t.Helper()
	if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
		t.Errorf("%s: method %s", path, method)
	}
	named := map[string]bool{}
	for _, p := range op.Parameters {
		if p.Name == "" || !slices.Contains([]string{"path", "query", "header"}, p.In) || p.Schema == nil || named[p.In+p.Name] {
			t.Errorf("%s: parameter %+v", op.ID, p)
		}
		named[p.In+p.Name] = true
		if p.In == "path" && (!p.Required || !strings.Contains(path, "{"+p.Name+"}")) {
			t.Errorf("%s: path parameter %s", op.ID, p.Name)
		}
		checkSchema(t, doc, op.ID, p.Schema)
	}
	if strings.Count(path, "{") != len(slices.DeleteFunc(slices.Clone(op.Parameters), func(p Parameter) bool { return p.In != "path" })) {
		t.Errorf("%s: a path parameter is not described", op.ID)
	}
	for status, r := range op.Responses {
		if r.Description == "" {
			t.Errorf("%s: answer %s has no description", op.ID, status)
		}
		for _, m := range r.Content {
			checkSchema(t, doc, op.ID, m.Schema)
		}
	}
	for _, need := range op.Security {
		for scheme := range need {
			if _, ok := doc.Components.SecuritySchemes[scheme]; !ok {
				t.Errorf("%s: security scheme %s", op.ID, scheme)
			}
		}
	}
}

func checkSchema(t *testing.T, doc Document, where string, s *Schema) {
	t.Helper()
	if s == nil {
		t.Errorf("%s: no schema", where)
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); s.Ref != "" && (!ok || doc.Components.Schemas[name] == nil) {
		t.Errorf("%s: %s leads nowhere", where, s.Ref)
	}
	if s.Ref == "" && s.Type == "" && len(s.AnyOf) == 0 && where != "PromiseStanding" { // figures are numbers or texts
		t.Errorf("%s: a schema without a type", where)
	}
	for _, p := range s.Properties {
		checkSchema(t, doc, where, p)
	}
	if s.Items != nil {
		checkSchema(t, doc, where, s.Items)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		checkSchema(t, doc, where, s.AdditionalProperties.Schema)
	}
}
