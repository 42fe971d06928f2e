package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"garant.example/internal/i18n"
	"garant.example/internal/web"
)

// Document is an OpenAPI 3.1 description, as far as we use it.
type Document struct {
	OpenAPI    string              `json:"openapi"`
	Info       Info                `json:"info"`
	Servers    []Server            `json:"servers"`
	Tags       []Tag               `json:"tags"`
	Paths      map[string]PathItem `json:"paths"`
	Components Components          `json:"components"`
}

// Info says what is described.
type Info struct {
	Title       string  `json:"title"`
	Version     string  `json:"version"`
	Description string  `json:"description"`
	License     License `json:"license"`
}

// License names the licence of the described program.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
}

// Server is where the API is.
type Server struct {
	URL string `json:"url"`
}

// Tag groups operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// PathItem is the operations of one path, by method in lower case.
type PathItem map[string]*Operation

// Operation is one route.
type Operation struct {
	ID          string                `json:"operationId"`
	Tags        []string              `json:"tags"`
	Summary     string                `json:"summary"`
	Parameters  []Parameter           `json:"parameters,omitzero"`
	RequestBody *RequestBody          `json:"requestBody,omitzero"`
	Responses   map[string]Response   `json:"responses"`
	Security    []map[string][]string `json:"security"`
	Permission  *Permission           `json:"x-garant-permission,omitzero"`
}

// Permission is what an operation needs of the permission matrix.
type Permission struct {
	Scope    string `json:"scope"`
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// Parameter is something beside the body.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required,omitzero"`
	Style       string  `json:"style,omitzero"`
	Explode     bool    `json:"explode,omitzero"`
	Schema      *Schema `json:"schema"`
}

// RequestBody is what goes in.
type RequestBody struct {
	Required bool             `json:"required,omitzero"`
	Content  map[string]Media `json:"content"`
}

// Response is what comes out.
type Response struct {
	Description string            `json:"description"`
	Headers     map[string]Header `json:"headers,omitzero"`
	Content     map[string]Media  `json:"content,omitzero"`
}

// Header is a header of an answer.
type Header struct {
	Description string  `json:"description"`
	Schema      *Schema `json:"schema"`
}

// Media is a body of one media type.
type Media struct {
	Schema *Schema `json:"schema"`
}

// Components are what operations refer to.
type Components struct {
	Schemas         map[string]*Schema        `json:"schemas"`
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes"`
}

// SecurityScheme is how a caller proves who is asking.
type SecurityScheme struct {
	Type         string `json:"type"`
	Scheme       string `json:"scheme"`
	BearerFormat string `json:"bearerFormat"`
	Description  string `json:"description"`
}

const apiVersion = "1.0.0"

// Describe returns the document of the whole table in the words of a printer.
func Describe(p *i18n.Printer) Document {
	s := newSchemas(p)
	doc := Document{OpenAPI: "3.1.0", Servers: []Server{{URL: "/"}}, Paths: map[string]PathItem{},
		Info: Info{Title: "Garant", Version: apiVersion, Description: p.T("api.description"),
			License: License{Name: "Apache License 2.0", Identifier: "Apache-2.0"}}}
	for _, r := range Routes() {
		if r.Out != nil {
			s.of(r.Out, false)
		}
	}
	for _, r := range Routes() {
		path := documented(r.Path)
		if doc.Paths[path] == nil {
			doc.Paths[path] = PathItem{}
		}
		doc.Paths[path][methodOf(&r)] = s.operation(&r)
		group, _, _ := strings.Cut(r.Name, ".")
		if !slices.ContainsFunc(doc.Tags, func(t Tag) bool { return t.Name == group }) {
			doc.Tags = append(doc.Tags, Tag{Name: group, Description: p.T("api.tag." + group)})
		}
	}
	doc.Components = Components{Schemas: s.named, SecuritySchemes: map[string]SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "grt_", Description: p.T("api.security")}}}
	return doc
}

// documented is a path as the document writes it.
func documented(path string) string { return strings.ReplaceAll(path, "...}", "}") }

func (s *schemas) operation(r *Route) *Operation {
	group, _, _ := strings.Cut(r.Name, ".")
	op := &Operation{ID: r.Name, Tags: []string{group}, Summary: s.p.T("api." + r.Name), Parameters: s.parameters(r),
		Security: []map[string][]string{}, Responses: map[string]Response{}}
	if r.Scope != Anyone {
		op.Security = []map[string][]string{{"token": {}}}
		op.Permission = &Permission{Scope: string(r.Scope), Action: r.Action.String(), Resource: r.On.String()}
	}
	switch {
	case r.Body != "":
		op.RequestBody = &RequestBody{Required: true, Content: map[string]Media{r.Body: {s.of(r.In, true)}}}
	case r.In != nil:
		op.RequestBody = &RequestBody{Required: true, Content: map[string]Media{"application/json": {s.of(r.In, true)}}}
	}
	op.Responses[strconv.Itoa(r.Status)] = s.success(r)
	op.Responses["default"] = Response{Description: s.p.T("api.answer.problem"),
		Content: map[string]Media{web.ProblemType: {s.of(typeOf[web.Problem](), false)}}}
	return op
}

func (s *schemas) success(r *Route) Response {
	out := Response{Description: s.p.T("api.answer." + strconv.Itoa(r.Status)), Headers: map[string]Header{
		"X-Request-Id": {s.p.T("api.header.request_id"), &Schema{Type: "string"}}}}
	if slices.Contains(r.Headers, "If-Match") || slices.Contains([]string{"record.read", "record.create", "account.read", "tenant.read", "tenant.show"}, r.Name) {
		out.Headers["ETag"] = Header{s.p.T("api.header.etag"), &Schema{Type: "string"}}
	}
	if r.Scope != Anyone {
		out.Headers[decidedHeader] = Header{s.p.T("api.header.permission_decision"), &Schema{Type: "string"}}
	}
	switch {
	case r.Answer != "" && r.Answer != ndjson:
		out.Content = map[string]Media{r.Answer: {&Schema{Type: "string"}}}
	case r.Answer != "":
		out.Content = map[string]Media{r.Answer: {s.of(r.Out, false)}}
	case r.Out != nil:
		out.Content = map[string]Media{"application/json": {s.of(r.Out, false)}}
	}
	if r.Status == http.StatusNoContent {
		out.Headers = nil
	}
	return out
}

func (s *schemas) parameters(r *Route) []Parameter {
	var list []Parameter
	rest := r.Path
	for {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		name = strings.TrimSuffix(name, "...")
		list = append(list, Parameter{Name: name, In: "path", Required: true, Description: s.p.T("api.path." + name),
			Schema: &Schema{Type: "string"}})
		rest = tail
	}
	for _, name := range r.Query {
		list = append(list, s.query(r, name))
	}
	headers := r.Headers
	if r.Scope != Anyone {
		headers = append(slices.Clip(headers), explainHeader)
	}
	for _, name := range headers {
		key := strings.ReplaceAll(strings.ToLower(name), "-", "_")
		list = append(list, Parameter{Name: name, In: "header", Required: name == "If-Match",
			Description: s.p.T("api.header." + key), Schema: &Schema{Type: "string"}})
	}
	return list
}

func (s *schemas) query(r *Route, name string) Parameter {
	out := Parameter{Name: name, In: "query", Description: s.p.T("api.query." + name), Schema: &Schema{Type: "string"}}
	switch name {
	case "*": // each open field of the collection is a parameter of its own
		out.Name, out.Description = "field", s.p.T("api.query.open_field")
		out.Style, out.Explode = "form", true
		out.Schema = &Schema{Type: "object", AdditionalProperties: &Extra{&Schema{Type: "string"}}}
	case "limit", "from", "to":
		out.Schema = &Schema{Type: "integer", Minimum: new(int64)}
	case "since", "until":
		out.Schema = &Schema{Type: "string", Format: "date-time"}
	case "operation":
		out.Style, out.Explode = "form", true
		out.Schema = &Schema{Type: "array", Items: &Schema{Type: "string"}}
	case "format":
		out.Schema.Enum = []string{"ndjson", "csv"}
	case "order":
		out.Schema.Enum = []string{"oldest", "newest"}
	case "tenant":
		if r.Name == "openapi.read" {
			out.Description = s.p.T("api.query.document_tenant")
		}
	case "outcome":
		out.Schema.Enum = []string{"done", "refused", "failed"}
	case "sealed":
		out.Schema = &Schema{Type: "boolean"}
	}
	return out
}
