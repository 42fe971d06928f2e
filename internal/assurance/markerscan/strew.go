package markerscan

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// strew leaves tokens where a service that is careless writes them down although
// nobody stored them: in the filter and the cursor of a list, in the name and the
// lines of a file that is imported, in the forms of the console.
func (g *garden) strew(ctx context.Context, p *planted) error {
	d := g.door
	records := d.of("collections", string(p.collection.Name), "records")
	for _, one := range []struct {
		what string
		send func(token string) (answer, error)
	}{
		{"filter", func(token string) (answer, error) {
			return d.ask(ctx, d.secret, http.MethodGet, records+"?"+url.Values{"limit": {"1"}, "state": {token}}.Encode(), nil)
		}},
		{"filter of a field", func(token string) (answer, error) {
			return d.ask(ctx, d.secret, http.MethodGet, records+"?"+url.Values{"limit": {"1"}, "no-such-field": {token}}.Encode(), nil)
		}},
		{"cursor", func(token string) (answer, error) {
			return d.ask(ctx, d.secret, http.MethodGet, records+"?"+url.Values{"cursor": {token}}.Encode(), nil)
		}},
		{"imported file", func(token string) (answer, error) {
			return d.send(ctx, http.MethodPost, records+":import", strings.NewReader(`{"fields":{"no-such-field":"`+token+`"}}`+"\n"),
				[]string{"Authorization", "Bearer " + d.secret, "Content-Type", "application/x-ndjson",
					"Content-Disposition", `attachment; filename="` + token + `.ndjson"`})
		}},
		{"sign-in form", func(token string) (answer, error) {
			return d.ask(ctx, "", http.MethodGet, g.room("sign-in")+"?"+url.Values{"to": {g.room(token)}}.Encode(), nil)
		}},
		{"form of the appearance", func(token string) (answer, error) {
			return d.visit(ctx, "", "/console/theme", url.Values{"theme": {token}, "return": {g.room(token)}})
		}},
		{"form of a search", func(token string) (answer, error) {
			return d.visit(ctx, g.session, g.room("collections", string(p.collection.Name), "find"), url.Values{"field": {"no-such-field"}, "value": {token}, "purpose": {token}})
		}},
		{"form of a record", func(token string) (answer, error) {
			return d.visit(ctx, g.session, g.room("collections", string(p.collection.Name), "new"), url.Values{"subject": {token}, "v.no-such-field": {token}})
		}},
	} {
		token := newToken()
		got, err := one.send(token)
		if err != nil {
			return err
		}
		if got.status >= http.StatusInternalServerError {
			return fmt.Errorf("the platform answered %d to a %s", got.status, one.what)
		}
		g.marks = append(g.marks, mark{token: token, what: string(p.collection.Name) + " (" + one.what + ")", culprit: p.record.String()})
	}
	return nil
}

// room is a path of the canary's console.
func (g *garden) room(parts ...string) string {
	path := "/t/" + string(g.door.canary.Slug)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}
