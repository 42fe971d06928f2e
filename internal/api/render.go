package api

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"garant.example/internal/identity"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/internal/web"
)

// render makes the answer of what a change gave. It is called within the transaction
// of the change, when its answer is kept, and again to answer: the same bytes.
func (c *call) render(result any) (saved, error) {
	out, body := saved{Status: c.route.Status}, any(nil)
	switch v := result.(type) {
	case vault.Record:
		out.ETag, out.Object = v.ETag(), v.ID.Bytes()
		out.Body = vault.AppendJSON(make([]byte, 0, len(v.Fields)+512), v)
		return out, nil
	case identity.Made:
		out.Object = v.Account.ID.Bytes()
		body = c.accountAnswer(v, &out)
	case identity.MadeToken:
		token := tokenOf(v.Token)
		token.Secret = v.Text
		out.Object, body = v.Token.ID.Bytes(), token
	case tenant.Tenant:
		out.ETag, out.Object, body = web.ETag(v.Version()), v.ID.Bytes(), c.api.tenantOf(v)
	case Opened:
		out.Object, body = v.Tenant.ID.Bytes(), c.api.openedOf(v)
		out.Location = "/v1/tenants/" + v.Tenant.ID.String()
	default:
		return saved{}, fmt.Errorf("api: %s gives a %T", c.route.Name, result)
	}
	if out.Status == http.StatusNoContent {
		return saved{Status: out.Status, Object: out.Object}, nil
	}
	var err error
	out.Body, err = json.Marshal(body, json.Deterministic(true))
	return out, err
}

// accountAnswer is an account, or an invitation when a password was made for it.
func (c *call) accountAnswer(v identity.Made, out *saved) any {
	if v.Initial == "" {
		out.ETag = web.ETag(strconv.FormatInt(v.Account.Version, 10))
		return accountOf(v.Account)
	}
	if out.Status == http.StatusCreated {
		out.Location = c.r.URL.Path + "/" + v.Account.ID.String()
	}
	return Invitation{Account: accountOf(v.Account), Password: v.Initial}
}
