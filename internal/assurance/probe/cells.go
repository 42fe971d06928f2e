package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// PurposeOf is a declared purpose of a collection. Where none is declared any may be
// given, and stands in the log.
func PurposeOf(c *vault.Collection) string {
	if len(c.Purposes) == 0 {
		return "assurance"
	}
	return string(c.Purposes[0].Name)
}

// Things are what the paths of cells name.
type Things struct {
	Tenant     string // slug or id
	Collection id.Name
	Edge       access.Edge // a transition of the collection; zero when it has none
	Purpose    string      // declared for the collection; any when it declares none
	Record     string
	Account    string
	Token      string
	Placement  string
	Of         string // the tenant that an operation of the operator is about
}

// edge is the transition that is asked for, of no collection when there is none.
func (t Things) edge() access.Edge {
	if t.Edge == (access.Edge{}) {
		return access.Edge{From: "none", To: "none"}
	}
	return t.Edge
}

// Ask is what the gate is asked before a cell that is about these things.
func (t Things) Ask(cell assurance.Cell, of id.Tenant) access.Ask {
	a := access.Ask{Action: cell.Action, On: cell.On, Tenant: of}
	if cell.On == access.Record {
		a.Collection = t.Collection
	}
	if cell.Action == access.Transition {
		a.Edge = t.edge()
	}
	return a
}

// Lasting says that a cell changes something for a caller whom it is granted, however
// it is filled: only callers who must be refused are sent there.
func Lasting(cell assurance.Cell) bool { return cell.Door == "console" && cell.Name == "key.rotate" }

// Fill makes the request of a cell: a harmless one, whose body changes nothing even
// for a caller whom the operation is granted, unless the cell is Lasting. ok is false
// for a path that names what a probe does not know.
func Fill(cell assurance.Cell, t Things) (c Call, ok bool) {
	path := strings.NewReplacer("{tenant}", t.Tenant, "{collection}", string(t.Collection), "{record}", t.Record,
		"{account}", t.Account, "{token}", t.Token, "{placement}", t.Placement, "{of}", t.Of, "{$}", "",
		"{seq}", "0", "{tile...}", "0/000.p/1", "{promise}", "none", "{code}", "not_found").Replace(cell.Path)
	if strings.Contains(path, "{") {
		return Call{}, false
	}
	c = Call{Method: cell.Method, Path: path, Purpose: t.Purpose}
	if cell.Door == "console" {
		form(&c, cell, t)
		return c, true
	}
	c.IfMatch = `"0-000000000000"`
	switch cell.Name {
	case "record.transition":
		c.Body = fmt.Sprintf(`{"from":%q,"to":%q}`, t.edge().From, t.edge().To)
	case "record.find":
		c.Body = `{"field":"none","value":"none"}`
	case "record.import":
		c.Type = "application/x-ndjson"
	case "log.consistency":
		c.Body = `{"checkpoint":"none"}`
	case "record.create", "record.update":
		c.Body = `{"fields":{"none":"none"}}`
	case "key.rotate":
		c.Body = `{"plan":true}`
	case "log.verify", "record.restrict", "record.release", "account.disable", "account.enable", "account.reset", "account.unlock", "account.sign_out", "profile.plan":
	default:
		if cell.Method != http.MethodGet && cell.Method != http.MethodDelete {
			c.Body = `{}`
		}
	}
	return c, true
}

// form fills the form of a room. What it says fits nothing, so that a room which
// would act on it shows it again.
func form(c *Call, cell assurance.Cell, t Things) {
	if cell.Method != http.MethodPost {
		return
	}
	c.Type = "application/x-www-form-urlencoded"
	said := url.Values{"purpose": {t.Purpose}}
	switch cell.Action {
	case access.Transition:
		said.Set("from", string(t.edge().From))
		said.Set("into", string(t.edge().To))
	case access.Create:
		said.Set("subject", "none")
	case access.Find:
		said.Set("field", "none")
		said.Set("value", "none")
	}
	c.Body = said.Encode()
}
