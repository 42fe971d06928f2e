package probe

import (
	"strings"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
)

// Things are what the paths of cells name.
type Things struct {
	Tenant     string // slug or id
	Collection id.Name
	Record     string
	Account    string
	Token      string
	Placement  string
	Of         string // the tenant that an operation of the operator is about
}

// Fill makes the request of a cell: a harmless one, whose body changes nothing even
// for a caller whom the operation is granted. ok is false for a path that names what
// a probe does not know.
func Fill(cell assurance.Cell, t Things) (c Call, ok bool) {
	path := strings.NewReplacer("{tenant}", t.Tenant, "{collection}", string(t.Collection), "{record}", t.Record,
		"{account}", t.Account, "{token}", t.Token, "{placement}", t.Placement, "{of}", t.Of,
		"{seq}", "0", "{tile...}", "0/000.p/1", "{promise}", "none", "{code}", "not_found").Replace(cell.Path)
	if strings.Contains(path, "{") {
		return Call{}, false
	}
	c = Call{Method: cell.Method, Path: path, IfMatch: `"0-000000000000"`}
	switch cell.Name {
	case "record.transition":
		c.Body = `{"from":"none","to":"none"}`
	case "record.find":
		c.Body = `{"field":"none","value":"none"}`
	case "record.import":
		c.Type = "application/x-ndjson"
	case "log.consistency":
		c.Body = `{"checkpoint":"none"}`
	case "record.create", "record.update":
		c.Body = `{"fields":{}}`
	case "log.verify", "record.restrict", "record.release", "account.disable", "account.enable", "account.reset", "account.unlock", "account.sign_out", "profile.plan":
	default:
		if cell.Method != "GET" && cell.Method != "DELETE" {
			c.Body = `{}`
		}
	}
	return c, true
}
