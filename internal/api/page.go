package api

import (
	"strconv"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/web"
)

// Sizes of a page. More than the most is refused and never cut in silence.
const (
	usualPage = 50
	mostPage  = 200
)

// page is which part of a list is asked for.
type page struct {
	call     *call
	list     web.ListOf
	limit    int
	position []byte // nil at the beginning
}

// page reads limit and cursor of a list of the tenant.
func (c *call) page(list string) (page, error) {
	out := page{call: c, limit: usualPage,
		list: web.ListOf{Tenant: c.tenant.ID.String(), Collection: list, Filter: c.filter()}}
	q := c.r.URL.Query()
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostPage {
			return page{}, badQuery("limit", "api.bad.limit", errs.Params{"max": mostPage})
		}
		out.limit = n
	}
	if cursor := q.Get("cursor"); cursor != "" {
		position, err := c.api.Cursors.Open(out.list, cursor)
		if err != nil {
			return page{}, err
		}
		out.position = position
	}
	return out, nil
}

// next is the cursor of the page after the one that ends at a position.
func (p page) next(position []byte) (string, error) { return p.call.api.Cursors.Seal(p.list, position) }

// badQuery refuses a query parameter.
func badQuery(name, key string, params errs.Params) error {
	e := errs.New(errs.Invalid, key).At("query/"+name, key, params)
	e.Params = params
	return e
}

// segment is a path value without the verb behind it.
func (c *call) segment(name string) string {
	text, _, _ := strings.Cut(c.r.PathValue(name), ":")
	return text
}

// strict refuses query parameters that the route does not read: a filter that is
// misspelt must not widen what is answered.
func (c *call) strict() error {
	if c.r.URL.RawQuery == "" {
		return nil
	}
	for name := range c.r.URL.Query() {
		if !c.route.reads(name) {
			return badQuery("", "api.bad.parameter", nil)
		}
	}
	return nil
}
