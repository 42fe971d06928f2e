package api

import (
	"net/url"
	"testing"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

func TestQueryTellsEveryFault(t *testing.T) {
	v := url.Values{"from": {"-1"}, "to": {"x"}, "limit": {"0"}, "since": {"yesterday"}, "operation": {"record.create", "nothing"},
		"object": {"r_1"}, "request": {"1"}, "outcome": {"maybe"}, "order": {"random"}}
	_, err := readQuery(v)
	if e := errs.Of(err); e == nil || e.Code != errs.Invalid || len(e.Fields) != len(v) {
		t.Errorf("%v", err)
	}
}

func TestObjectsOfEveryKind(t *testing.T) {
	raw := id.NewRecord().Raw
	for _, kind := range []string{"record", "account", "token", "tenant", "subject", "session", "run", "plan", "", "setup"} {
		if back, ok := parseObject(objectID(kind, raw)); !ok || back != raw {
			t.Errorf("%q: %s", kind, objectID(kind, raw))
		}
	}
	if objectID("record", id.Raw{}) != "" {
		t.Error("nothing has an id")
	}
}

func TestVerbIsCutFromThePath(t *testing.T) {
	for path, want := range map[string][2]string{
		"/a/{b}:c":   {"/a/{b}", "c"},
		"/a/{b}":     {"/a/{b}", ""},
		"/a/b:find":  {"/a/b:find", ""},
		"/{a}/b:{c}": {"/{a}/b:{c}", ""},
	} {
		if base, verb, _ := cutVerb(path); base != want[0] || verb != want[1] {
			t.Errorf("%s: %s, %s", path, base, verb)
		}
	}
}

func FuzzReadQuery(f *testing.F) {
	f.Add("from=1&to=2&limit=3&order=newest")
	f.Add("object=r_06h02ws55sw5vb1t0a67zjdwa8&outcome=done")
	f.Add("since=2026-11-22T06:00:00Z&operation=record.read&operation=x")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := readQuery(v)
		if err != nil {
			if e := errs.Of(err); e.Code != errs.Invalid || len(e.Fields) == 0 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if q.Limit < 1 || q.Limit > mostEntries {
			t.Errorf("%q: limit %d", text, q.Limit)
		}
	})
}
