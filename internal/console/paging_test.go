package console_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"garant.example/testkit/house"
)

// next is the address behind the link to the page after this one.
func next(body string) string {
	for _, m := range regexp.MustCompile(`href="([^"]*cursor=[^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !strings.Contains(m[1], "lang=") { // the same page in another language
			return strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	return ""
}

// Lists are read page by page, each record and each entry once; a cursor opens only
// the list it was made for.
func TestListsArePaged(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	for i := range 60 {
		store(t, h, of, "participants", fmt.Sprintf(`{"email":"p%d@example.org","display_name":"P","standing":"%s"}`, i, []string{"registered", "invited"}[i%2]))
	}
	manager, auditor := person(t, h, of, "administrator"), person(t, h, of, "auditor")
	walk := func(b *visitor, path, link string) (seen map[string]bool, cursor string) {
		seen = map[string]bool{}
		for path != "" {
			body := b.page(path)
			for _, m := range regexp.MustCompile(link).FindAllString(body, -1) {
				seen[m] = true
			}
			if path = next(body); path != "" {
				cursor = path
			}
		}
		return seen, cursor
	}
	const record = `records/r_[a-z0-9]+`
	if seen, _ := walk(manager, "/collections/participants", record); len(seen) != 60 {
		t.Errorf("%d records on all pages", len(seen))
	}
	seen, cursor := walk(manager, "/collections/participants?f.standing=invited", record)
	if len(seen) != 30 {
		t.Errorf("%d invited records on all pages", len(seen))
	}
	if res, _ := manager.get(strings.Replace(cursor, "invited", "registered", 1)); res.StatusCode != 422 {
		t.Errorf("a cursor of another list: %s", res.Status)
	}
	if res, _ := manager.get("/collections/participants?f.standing=nonsense&state=x"); res.StatusCode >= 500 {
		t.Errorf("a filter that matches nothing: %s", res.Status)
	}
	entries, _ := walk(auditor, "/log?operation=record.create", `id="e-[0-9]+"`)
	if len(entries) != 60 {
		t.Errorf("%d entries on all pages", len(entries))
	}
	for _, bad := range []string{"operation=nonsense", "object=nonsense", "outcome=maybe", "since=yesterday", "placement=nowhere", "request=1"} {
		if res, _ := auditor.get("/log?" + bad); res.StatusCode != 422 {
			t.Errorf("%s: %s", bad, res.Status)
		}
	}
}

// In a demo a fact can be broken and watched: the page turns red, and green again.
func TestAFactIsBrokenAndHealed(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary-civic", "civic-engagement", "CA", true)
	b := admin(t, h)
	const promise = "ehq-aes-gcm"
	b.done("/promises/" + promise + "/verify")
	if page := b.page("/promises/" + promise); !strings.Contains(page, "Kept") {
		t.Fatalf("before: %s", main(page))
	}
	b.done("/sabotage/" + promise + "/break")
	if home := b.page("/"); !strings.Contains(home, "What needs attention") || !strings.Contains(home, "What turned lately") {
		t.Error("the first room does not say what turned red")
	}
	if room := b.page("/sabotage"); !strings.Contains(room, "/sabotage/"+promise+"/heal") {
		t.Error("the room does not offer to heal")
	}
	b.done("/sabotage/" + promise + "/heal")
	if home := b.page("/"); strings.Contains(home, "What needs attention") {
		t.Error("the first room is red after the heal")
	}
}
