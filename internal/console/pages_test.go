package console_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/console"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

const void = " area base br col embed hr img input link meta source track wbr "

// sound reads a page strictly and refuses what its policy would not let run.
func sound(t *testing.T, name, lang string, body string) {
	t.Helper()
	if holes := regexp.MustCompile(`⟦[^⟧]*⟧`).FindAllString(body, 3); holes != nil {
		t.Errorf("%s in %s has no words for %v", name, lang, holes)
	}
	if !strings.Contains(body, `lang="`+lang+`"`) {
		t.Errorf("%s is not in %s", name, lang)
	}
	d := xml.NewDecoder(bytes.NewReader([]byte(body)))
	d.Strict, d.Entity = false, xml.HTMLEntity
	var open []string
	ids := map[string]bool{}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s in %s is not well formed: %v", name, lang, err)
		}
		switch tok := token.(type) {
		case xml.StartElement:
			forbidden(t, name, tok, ids)
			if !strings.Contains(void, " "+tok.Name.Local+" ") {
				open = append(open, tok.Name.Local)
			}
		case xml.EndElement:
			if strings.Contains(void, " "+tok.Name.Local+" ") {
				continue
			}
			if len(open) == 0 || open[len(open)-1] != tok.Name.Local {
				t.Fatalf("%s in %s: </%s> closes %v", name, lang, tok.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s in %s leaves %v open", name, lang, open)
	}
}

func forbidden(t *testing.T, name string, tok xml.StartElement, ids map[string]bool) {
	t.Helper()
	if tok.Name.Local == "script" || tok.Name.Local == "style" {
		t.Errorf("%s holds a <%s>", name, tok.Name.Local)
	}
	for _, a := range tok.Attr {
		switch key := a.Name.Local; {
		case key == "style", strings.HasPrefix(key, "on"):
			t.Errorf("%s: <%s %s> is inline", name, tok.Name.Local, key)
		case key == "id" && ids[a.Value]:
			t.Errorf("%s has the id %q twice", name, a.Value)
		case key == "id":
			ids[a.Value] = true
		}
	}
}

// store puts a person into a collection, and returns the record's room.
func store(t *testing.T, h *house.House, of tenant.Tenant, collection id.Name, body string) string {
	t.Helper()
	rec, err := h.House.Vault.Create(house.Platform(), h.Permit(of, access.Ask{Action: access.Create, On: access.Record, Collection: collection}), []byte(body), vault.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return "/collections/" + string(collection) + "/records/" + rec.ID.String()
}

const marker = "Zéphirine-Marqueur"

// Every page that can be asked for, in both languages: whole, in words, without
// anything inline, and without what a person typed.
func TestEveryPageInBothLanguages(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	record := store(t, h, of, "participants", `{"email":"zm@example.org","display_name":"`+marker+`","standing":"registered","notes":"`+marker+`"}`)
	plain := store(t, h, of, "consultations", `{"title":"Place du Marché","format":"survey"}`)
	manager := person(t, h, of, "administrator")
	account := regexp.MustCompile(`/people/(a_[a-z0-9]+)`).FindStringSubmatch(manager.page("/people"))[1]
	paths := strings.NewReplacer("/t/{tenant}", "/t/agora", "/collections/{collection}/records/{record}", record, "{collection}", "participants",
		"{account}", account, "{seq}", "5", "{of}", "agora", "{promise}", string(h.House.Profiles.Set().Promises()[0].ID), "{$}", "")
	people := map[string][]*visitor{"/t/": {manager, person(t, h, of, "auditor")}, "/operator": {admin(t, h), person(t, h, operator(t, h), "auditor")}}
	seen := 0
	for _, lang := range []string{"en", "fr"} {
		for _, r := range console.Routes() {
			for base, list := range people {
				if r.Method != http.MethodGet || !strings.HasPrefix(r.Path, base) || strings.Contains(r.Path, "{record}") && base != "/t/" {
					continue
				}
				path := paths.Replace(r.Path)
				if base == "/operator" {
					path = strings.ReplaceAll(path, "participants", "assets")
					path = strings.ReplaceAll(path, account, "a_none")
				}
				for _, b := range list {
					b.done("//host/console/theme", "theme", "", "return", "/t/agora/")
					b.language(lang)
					res, body := b.get(path)
					if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || res.StatusCode == http.StatusSeeOther {
						continue
					}
					seen++
					sound(t, r.Name, lang, body)
					if strings.Contains(body, marker) || strings.Contains(body, "zm@example.org") {
						t.Errorf("%s shows what a person typed", r.Name)
					}
					if res.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") {
						t.Errorf("%s: headers %v", r.Name, res.Header)
					}
				}
			}
		}
		sound(t, "a record about nobody", lang, manager.page(plain))
		afterForms(t, manager, lang, record)
	}
	if seen < 120 {
		t.Errorf("only %d pages were seen", seen)
	}
	t.Logf("%d pages", seen)
}

// language chooses as a reader does.
func (b *visitor) language(lang string) {
	b.t.Helper()
	if res, _ := b.get("/sign-in?lang=" + lang); res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("choosing %s: %s", lang, res.Status)
	}
}

// afterForms are the pages that answer a form.
func afterForms(t *testing.T, b *visitor, lang, record string) {
	t.Helper()
	const list = "/collections/participants"
	for _, form := range [][]string{{record + "/reveal"}, {record + "/reveal", "purpose", "support"}, {record + "/reveal", "purpose", "support", "then", "edit"},
		{list + "/find", "field", "email", "value", "nope"}, {list + "/find", "field", "email", "value", "zm@example.org", "purpose", "support"},
		{list + "/new", "v.email", "nope"}, {list + "/export"}, {"/keys/plan"}, {"/people/new", "name", ""}, {"/tokens/new", "label", ""},
		{"/password", "present", "wrong", "wanted", "short"}, {"/log/verify"}, {record + "/move", "from", "x", "into", "y"}} {
		_, body := b.post(form[0], form[1:]...)
		sound(t, form[0], lang, body)
		shows := len(form) > 1 && strings.Contains(strings.Join(form, " "), "purpose support")
		if strings.Contains(body, marker) != shows {
			t.Errorf("%v: shows what a person typed: %v", form, !shows)
		}
	}
}
