package web

import (
	"net/http/httptest"
	"testing"
)

func TestHostOf(t *testing.T) {
	for asked, want := range map[string]string{"talk.example": "talk.example", "talk.example:8443": "talk.example", "": ""} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = asked
		if got := HostOf(r); got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
}
