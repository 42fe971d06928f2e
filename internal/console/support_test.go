package console_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

const chosen = "un-mot-de-passe-bien-long-8412-XYZ!"

// visitor is a person with cookies. It sends what a browser sends with a form of
// the same site.
type visitor struct {
	t    *testing.T
	h    *house.House
	c    *http.Client
	base string
	lang string
}

func newBrowser(t *testing.T, h *house.House, of tenant.Tenant) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := h.Client()
	c.Jar = jar
	b := &visitor{t: t, h: h, c: c, base: "/t/" + string(of.Slug)}
	if of.Operator {
		b.base = "/operator"
	}
	return b
}

// person makes an account with a role and signs it in with a password of its own.
func person(t *testing.T, h *house.House, of tenant.Tenant, role id.Name) *visitor {
	t.Helper()
	name, initial := h.Account(of, role)
	b := newBrowser(t, h, of)
	b.signIn(name, initial)
	b.done("/password", "present", initial, "wanted", chosen)
	return b
}

func (b *visitor) signIn(name, password string) {
	b.t.Helper()
	if res, body := b.post("/sign-in", "name", name, "password", password); res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("sign-in of %s: %s\n%s", name, res.Status, body)
	}
}

func (b *visitor) send(req *http.Request) (*http.Response, string) {
	b.t.Helper()
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.lang != "" {
		req.Header.Set("Accept-Language", b.lang)
	}
	res, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(body)
}

func (b *visitor) address(path string) string {
	if !strings.HasPrefix(path, "/t/") && !strings.HasPrefix(path, "/operator") && !strings.HasPrefix(path, "//") {
		path = b.base + path
	}
	return b.h.URL() + strings.TrimPrefix(path, "//host")
}

func (b *visitor) get(path string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequest("GET", b.address(path), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(req)
}

// post sends pairs of name and value as a form.
func (b *visitor) post(path string, pairs ...string) (*http.Response, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest("POST", b.address(path), strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(req)
}

// page asks for a page that must be there.
func (b *visitor) page(path string) string {
	b.t.Helper()
	res, body := b.get(path)
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s %s\n%s", path, res.Status, res.Header.Get("Location"), main(body))
	}
	return body
}

// done sends a form that must lead on, and returns where.
func (b *visitor) done(path string, pairs ...string) string {
	b.t.Helper()
	res, body := b.post(path, pairs...)
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %s\n%s", path, res.Status, main(body))
	}
	return res.Header.Get("Location")
}

// hidden is the value of a hidden control of a page.
func hidden(t *testing.T, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no control %q in\n%.3000s", name, body)
	}
	return strings.NewReplacer("&#34;", `"`, "&quot;", `"`, "&#39;", "'", "&amp;", "&").Replace(m[1])
}

func operator(t *testing.T, h *house.House) tenant.Tenant {
	t.Helper()
	op, err := h.House.Tenants.Get(h.House.Tenants.Operator())
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// main is what a page says below its head, without the marks.
func main(body string) string {
	if _, after, ok := strings.Cut(body, "<main"); ok {
		body = after
	}
	words := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")
	words = strings.Join(strings.Fields(words), " ")
	return words[:min(len(words), 2000)]
}

// admin signs the operator's administrator in: house made the account, so its
// password is given anew.
func admin(t *testing.T, h *house.House) *visitor {
	t.Helper()
	op := operator(t, h)
	list, err := h.House.Identity.Accounts(house.Platform(), h.Permit(op, access.Ask{Action: access.List, On: access.Account}), id.Account{}, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	initial, err := h.House.Identity.ResetPassword(house.Platform(), h.Permit(op, access.Ask{Action: access.Manage, On: access.Account}), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, h, op)
	b.signIn(list[0].Person.SignIn, initial)
	b.done("/password", "present", initial, "wanted", chosen)
	return b
}
