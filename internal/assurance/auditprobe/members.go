package auditprobe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// members touches the canary as its people and programs do.
type members struct {
	*run
	person  *probe.Person
	program *probe.Program
	maker   *probe.Maker
	tape    *tape
	of      *vault.Collection
	purpose string
	one     probe.Made
}

func (r *run) members(ctx context.Context) (err error) {
	canary := r.control.Canary
	matrix, err := r.matrix(ctx, canary)
	if err != nil {
		return err
	}
	role, err := probe.Manager(matrix)
	if err != nil {
		return err
	}
	m := &members{run: r}
	if m.person, err = probe.SignIn(ctx, r.house, canary, role); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.person.Leave(ctx)) }()
	if m.program, err = probe.NewProgram(ctx, r.house, canary); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.program.Revoke(ctx)) }()
	if m.maker, err = probe.NewMaker(ctx, r.house, r.door, canary, m.person.Bearer); err != nil {
		return err
	}
	if m.tape, err = newTape(ctx, r.house, r.door, canary, m.person.Account.String(), m.program.ID.String()); err != nil {
		return err
	}
	m.maker.Tell = m.tape.made
	defer func() { err = errors.Join(err, m.maker.Clean(ctx)) }()
	m.of = persons(m.maker.Schema)
	m.purpose = probe.PurposeOf(m.of)
	if err := m.create(ctx); err != nil {
		return err
	}
	if err := r.plays(ctx, map[string]func(context.Context) error{"api": m.api, "export": m.export, "import": m.imports,
		"console": m.console, "administration": m.administration}); err != nil {
		return err
	}
	if r.rows, err = m.tape.stored(ctx, r.f); err != nil {
		return err
	}
	return r.compare(ctx, m.tape)
}

func (m *members) records() string { return probe.Records(m.control.Canary, m.of.Name) }

// create makes the record that the other touches are about, through the API.
func (m *members) create(ctx context.Context) (err error) {
	m.one, err = m.made(ctx, m.of.Name, m.person.Bearer)
	return err
}

// made creates a record as a touch.
func (m *members) made(ctx context.Context, collection id.Name, bearer string) (probe.Made, error) {
	body, marker, err := m.maker.Body(ctx, collection, nil)
	if err != nil {
		return probe.Made{}, err
	}
	a, err := m.tape.must(ctx, probe.Call{Method: http.MethodPost, Path: probe.Records(m.control.Canary, collection), Bearer: bearer, Body: body},
		touch{what: "record.create", op: audit.RecordCreate})
	if err != nil {
		return probe.Made{}, err
	}
	made, err := m.maker.Keep(a, collection, marker)
	m.tape.last().object = made.ID.Raw
	return made, err
}

// api plays every operation of the API on records but those that have a path of
// their own, as a person, and a few as a program.
func (m *members) api(ctx context.Context) error {
	fields, err := m.read(ctx)
	if err != nil {
		return err
	}
	name := findable(m.of)
	search, err := json.Marshal(map[string]jsontext.Value{"field": quoted(string(name)), "value": fields[string(name)]}, json.Deterministic(true))
	if err != nil {
		return err
	}
	update, err := json.Marshal(map[string]map[string]jsontext.Value{"fields": {string(name): fields[string(name)]}}, json.Deterministic(true))
	if err != nil {
		return err
	}
	path := m.one.Path(m.control.Canary)
	for _, t := range []struct {
		touch
		method, path, body, purpose, match string
	}{
		{touch{what: "record.list", op: audit.RecordList}, http.MethodGet, m.records() + "?limit=5", "", m.purpose, ""},
		{touch{what: "record.list", op: audit.RecordList}, http.MethodGet, m.records() + "?limit=5", "", "", ""}, // masked
		{touch{what: "record.find", op: audit.RecordFind}, http.MethodPost, m.records() + ":find", string(search), m.purpose, ""},
		{touch{what: "record.update", op: audit.RecordUpdate, object: m.one.ID.Raw}, http.MethodPatch, path, string(update), "", "*"},
		{touch{what: "record.restrict", op: audit.RecordRestrict, object: m.one.ID.Raw}, http.MethodPost, path + ":restrict", "", "", "*"},
		{touch{what: "record.release", op: audit.RecordRelease, object: m.one.ID.Raw}, http.MethodPost, path + ":release", "", "", "*"},
	} {
		if _, err := m.tape.must(ctx, probe.Call{Method: t.method, Path: t.path, Body: t.body, Purpose: t.purpose, IfMatch: t.match, Bearer: m.person.Bearer}, t.touch); err != nil {
			return err
		}
	}
	return errors.Join(m.move(ctx), m.asProgram(ctx), m.remove(ctx))
}

// read reads the record and returns its fields.
func (m *members) read(ctx context.Context) (map[string]jsontext.Value, error) {
	a, err := m.tape.must(ctx, probe.Call{Method: http.MethodGet, Path: m.one.Path(m.control.Canary), Purpose: m.purpose, Bearer: m.person.Bearer},
		touch{what: "record.read", op: audit.RecordRead, object: m.one.ID.Raw})
	if err != nil {
		return nil, err
	}
	var out struct {
		Fields map[string]jsontext.Value `json:"fields"`
		Rest   jsontext.Value            `json:",unknown"`
	}
	if err := json.Unmarshal(a.Body, &out); err != nil {
		return nil, err
	}
	if !strings.Contains(string(a.Body), m.one.Marker) {
		return nil, fmt.Errorf("auditprobe: the marker did not come back from %s", m.one.ID)
	}
	return out.Fields, nil
}

func quoted(s string) jsontext.Value {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return jsontext.Value(`""`) // names of profiles are plain
	}
	return b
}

// move carries a record one step along its life.
func (m *members) move(ctx context.Context) error {
	c, edge, ok := living(m.maker.Schema)
	if !ok {
		return nil
	}
	made, err := m.maker.Make(ctx, c.Name)
	if err != nil {
		return err
	}
	_, err = m.tape.must(ctx, probe.Call{Method: http.MethodPost, Path: made.Path(m.control.Canary) + ":transition", IfMatch: "*", Bearer: m.person.Bearer,
		Body: fmt.Sprintf(`{"from":%q,"to":%q}`, edge.From, edge.To)}, touch{what: "record.transition", op: audit.RecordTransition, object: made.ID.Raw})
	return err
}

// asProgram makes and lists records with a token, and is refused the log.
func (m *members) asProgram(ctx context.Context) error {
	if _, err := m.made(ctx, m.of.Name, m.program.Bearer); err != nil {
		return err
	}
	if _, err := m.tape.must(ctx, probe.Call{Method: http.MethodGet, Path: m.records() + "?limit=5", Purpose: m.purpose, Bearer: m.program.Bearer},
		touch{what: "record.list", op: audit.RecordList}); err != nil {
		return err
	}
	c := probe.Call{Method: http.MethodGet, Path: "/v1/tenants/" + string(m.control.Canary.Slug) + "/log/entries", Bearer: m.program.Bearer}
	a, err := m.tape.send(ctx, c, touch{what: "log.list", op: audit.AccessRefused, outcome: audit.Refused})
	if err == nil && !a.Refused() {
		err = fmt.Errorf("auditprobe: a program was not refused the log: %d", a.Status)
	}
	return err
}

// remove deletes a record through the API.
func (m *members) remove(ctx context.Context) error {
	made, err := m.made(ctx, m.of.Name, m.person.Bearer)
	if err != nil {
		return err
	}
	_, err = m.tape.must(ctx, probe.Call{Method: http.MethodDelete, Path: made.Path(m.control.Canary), IfMatch: "*", Bearer: m.person.Bearer},
		touch{what: "record.delete", op: audit.RecordDelete, object: made.ID.Raw})
	return err
}

// export takes the collection out in both formats.
func (m *members) export(ctx context.Context) error {
	for _, format := range []vault.Format{vault.NDJSON, vault.CSV} {
		a, err := m.tape.must(ctx, probe.Call{Method: http.MethodGet, Path: exportPath(string(m.control.Canary.Slug), m.of.Name) + "?format=" + string(format),
			Purpose: m.purpose, Bearer: m.person.Bearer}, touch{what: "record.export", op: audit.RecordExport, many: true})
		if err == nil && !strings.Contains(string(a.Body), m.one.Marker) {
			err = fmt.Errorf("auditprobe: the export does not hold %s", m.one.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func exportPath(t string, collection id.Name) string {
	return "/v1/tenants/" + t + "/collections/" + string(collection) + "/records:export"
}

// imports brings one line in.
func (m *members) imports(ctx context.Context) error {
	body, marker, err := m.maker.Body(ctx, m.of.Name, nil)
	if err != nil {
		return err
	}
	a, err := m.tape.must(ctx, probe.Call{Method: http.MethodPost, Path: m.records() + ":import", Type: "application/x-ndjson", Body: body + "\n",
		Bearer: m.person.Bearer}, touch{what: "record.import", op: audit.RecordImport})
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(a.Body), "\n")
	made, err := m.maker.Keep(probe.Answer{Body: []byte(line)}, m.of.Name, marker)
	m.tape.last().object = made.ID.Raw
	return err
}

// administration reads the accounts and makes and revokes a token.
func (m *members) administration(ctx context.Context) error {
	base := "/v1/tenants/" + string(m.control.Canary.Slug)
	if _, err := m.tape.must(ctx, probe.Call{Method: http.MethodGet, Path: base + "/accounts?limit=1", Bearer: m.person.Bearer},
		touch{what: "account.list", op: audit.AccountRead, many: true}); err != nil {
		return err
	}
	matrix, err := m.matrix(ctx, m.control.Canary)
	if err != nil {
		return err
	}
	roles := probe.RolesOf(matrix, access.Services)
	a, err := m.tape.must(ctx, probe.Call{Method: http.MethodPost, Path: base + "/tokens", Bearer: m.person.Bearer,
		Body: fmt.Sprintf(`{"label":%q,"roles":[%q]}`, probe.Agent, roles[0])}, touch{what: "token.create", op: audit.TokenCreate})
	if err != nil {
		return err
	}
	var made struct {
		ID   string         `json:"id"`
		Rest jsontext.Value `json:",unknown"`
	}
	if err := json.Unmarshal(a.Body, &made); err != nil {
		return err
	}
	token, err := id.ParseToken(made.ID)
	if err != nil {
		return err
	}
	m.tape.last().object = token.Raw
	_, err = m.tape.must(ctx, probe.Call{Method: http.MethodDelete, Path: base + "/tokens/" + made.ID, Bearer: m.person.Bearer},
		touch{what: "token.revoke", op: audit.TokenRevoke, object: token.Raw})
	return err
}

// room is one touch of the console.
type room struct {
	touch
	method, path, body string
}

// console visits the rooms in which data is shown or leaves, as a browser does.
func (m *members) console(ctx context.Context) error {
	rooms, err := m.rooms(ctx)
	if err != nil {
		return err
	}
	cookie := &http.Cookie{Name: probe.CookieOf(m.control.Canary), Value: m.person.Bearer}
	for _, t := range rooms {
		c := probe.Call{Method: t.method, Path: t.path, Body: t.body, Cookie: cookie}
		if t.body != "" {
			c.Type = "application/x-www-form-urlencoded"
		}
		if _, err := m.tape.must(ctx, c, t.touch); err != nil {
			return err
		}
	}
	return nil
}

func (m *members) rooms(ctx context.Context) ([]room, error) {
	base := "/t/" + string(m.control.Canary.Slug)
	list := base + "/collections/" + string(m.of.Name)
	one := list + "/records/" + m.one.ID.String()
	form := func(pairs ...string) string {
		v := url.Values{"purpose": {m.purpose}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	rooms := []room{
		{touch{what: "console record.list", op: audit.RecordList, many: true}, http.MethodGet, list, ""},
		{touch{what: "console record.reveal", op: audit.RecordRead, object: m.one.ID.Raw, purpose: m.purpose, many: true}, http.MethodPost, one + "/reveal", form()},
		{touch{what: "console record.edit", op: audit.RecordRead, object: m.one.ID.Raw, purpose: m.purpose, many: true}, http.MethodPost, one + "/edit", form()},
		{touch{what: "console record.export", op: audit.RecordExport, purpose: m.purpose, many: true}, http.MethodPost, list + "/export", form("format", "ndjson")},
		{touch{what: "console account.list", op: audit.AccountRead, many: true}, http.MethodGet, base + "/people", ""},
	}
	name := findable(m.of)
	if name == "" {
		return rooms, nil
	}
	fields, err := m.read(ctx)
	if err != nil {
		return nil, err
	}
	value, err := jsontext.AppendUnquote(nil, fields[string(name)])
	return append(rooms, room{touch{what: "console record.find", op: audit.RecordFind, purpose: m.purpose, many: true}, http.MethodPost, list + "/find",
		form("field", string(name), "value", string(value))}), err
}
