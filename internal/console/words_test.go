package console_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// What lists, entries and plans show is in words, in both languages: no codes of
// languages, no names of settings.
func TestCodesAreShownInWords(t *testing.T) {
	h := house.Open(t, house.Options{})
	of := h.Tenant("agora", "civic-engagement", "CA", false)
	store(t, h, of, "participants", `{"email":"zm@example.org","display_name":"Z","standing":"registered","locale":"fr"}`)
	b, staff := person(t, h, of, "administrator"), admin(t, h)
	for lang, want := range map[string]string{"en": "French", "fr": "français"} {
		b.language(lang)
		if list := b.page("/collections/participants"); !strings.Contains(list, want) || strings.Contains(list, ">fr<") {
			t.Errorf("a language in %s: %s", lang, main(list))
		}
		staff.language(lang)
		if page := staff.page("/tenants/new"); !strings.Contains(page, map[string]string{"en": "opens its canary", "fr": "ouvre aussi son témoin"}[lang]) {
			t.Errorf("the canary is not announced in %s", lang)
		}
	}
	asDeclaredOtherwise(t, h, of)
	for lang, want := range map[string]string{"en": "Setting “Rotation of keys”: from", "fr": "Réglage «\u00a0Rotation des clés\u00a0»\u00a0: de"} {
		b.language(lang)
		if page := b.page("/profile"); !strings.Contains(page, want) || strings.Contains(page, "key_rotation") || strings.Contains(page, "365d") || strings.Contains(page, "(planned)") != (lang == "en") {
			t.Errorf("a plan in %s: %s", lang, main(page))
		}
	}
	reader := person(t, h, of, "auditor")
	reader.language("fr")
	for name, word := range map[string]string{"profile": "Profil", "digest": "Empreinte"} {
		if page := reader.page("/log/" + lastOf(t, reader)); strings.Contains(page, ">"+name+"<") || !strings.Contains(page, word) {
			t.Errorf("a particular of an entry is called %s: %s", name, main(page))
		}
	}
}

// lastOf finds the entry of the log that tells of an applied profile.
func lastOf(t *testing.T, b *visitor) string {
	t.Helper()
	found := regexp.MustCompile(`/log/([0-9]+)"`).FindStringSubmatch(b.page("/log?operation=profile.apply"))
	if found == nil {
		t.Fatal("no profile was applied")
	}
	return found[1]
}

// asDeclaredOtherwise puts a profile in force in which one setting is only planned.
func asDeclaredOtherwise(t *testing.T, h *house.House, of tenant.Tenant) {
	t.Helper()
	declared, ok := h.House.Profiles.Set().Profile(of.Profile)
	if !ok {
		t.Fatal("no profile")
	}
	changed := *declared
	changed.Settings = maps.Clone(declared.Settings)
	span := changed.Settings["key_rotation"]
	span.Planned = true
	changed.Settings["key_rotation"] = span
	plan, err := profile.Compare(declared, &changed)
	if err != nil || plan.IsEmpty() {
		t.Fatal(plan, err)
	}
	if _, err := h.House.Profiles.Apply(house.Platform(), h.Permit(of, access.Ask{Action: access.Manage, On: access.Profile}), &changed, plan.To); err != nil {
		t.Fatal(err)
	}
}
