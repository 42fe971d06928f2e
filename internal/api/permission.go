package api

import (
	"net/http"
	"strconv"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/errs"
)

// The headers by which a caller learns why it was let in or refused. Both are
// structured fields (RFC 9651): a boolean, and a dictionary.
const (
	explainHeader = "Explain-Permission"
	decidedHeader = "Permission-Decision"
)

// explain says in a header why the call is let in or refused, when it asks for that.
// It holds names of the profile alone: nothing of a person, of a record, or of what
// the caller may not know to exist.
func (c *call) explain(a access.Ask) error {
	wanted, err := wantsExplanation(c.r)
	if err != nil || !wanted {
		return err
	}
	e, err := c.api.Gate.Explain(c.r.Context(), a)
	if err != nil {
		return err
	}
	parts := []string{"allowed=?0", "reason=" + string(e.Reason)}
	if e.Allowed {
		parts[0] = "allowed=?1"
	}
	if e.Role != "" {
		parts = append(parts, quoted("role", string(e.Role)))
	}
	if e.Rule > 0 {
		parts = append(parts, "rule="+strconv.Itoa(e.Rule))
	}
	parts = append(parts, "action="+a.Action.String(), "resource="+a.On.String())
	if a.Collection != "" && e.Reason != access.NotFound {
		parts = append(parts, quoted("collection", string(a.Collection)))
	}
	c.w.Header().Set(decidedHeader, strings.Join(parts, ", "))
	return nil
}

// quoted writes a member that is a name: letters, digits, "-" and "_" alone.
func quoted(key, name string) string { return key + `="` + name + `"` }

// wantsExplanation reads the header; anything but a boolean is refused.
func wantsExplanation(r *http.Request) (bool, error) {
	values := r.Header[explainHeader]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "?0":
		return false, nil
	case len(values) == 1 && values[0] == "?1":
		return true, nil
	}
	return false, errs.New(errs.Invalid, "api.bad.explain").At("header/"+explainHeader, "api.bad.explain", nil)
}
