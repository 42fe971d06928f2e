package profile

import (
	"testing"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/profiles"
)

// load reads the profiles of the program and shows every fault.
func load(t testing.TB) *Set {
	t.Helper()
	s, err := Load(profiles.FS)
	if err != nil {
		shown := i18n.Must().Printer(i18n.English).Error(err)
		t.Errorf("%s %s", shown.Detail, shown.Fix)
		for _, f := range errs.Of(err).Fields {
			t.Errorf("%s: %s %v", f.Pointer, f.Key, f.Params)
		}
		t.FailNow()
	}
	return s
}

func TestLoad(t *testing.T) {
	s := load(t)
	if got := len(s.Profiles()); got != 6 {
		t.Errorf("%d profiles, want 6", got)
	}
	if got := len(s.Promises()); got != 491 {
		t.Errorf("%d promises, want 491", got)
	}
}
