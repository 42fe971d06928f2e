package server_test

import (
	"net/http"
	"strings"
	"testing"

	"garant.example/testkit/house"
)

func TestHealth(t *testing.T) {
	h := house.Open(t, house.Options{})
	if res, _ := h.Do("", "GET", "/livez", ""); res.StatusCode != http.StatusNoContent {
		t.Errorf("livez: %s", res.Status)
	}
	res, body := h.Do("", "GET", "/readyz", "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("readyz: %s %s", res.Status, body)
	}
	// Without its key the platform answers, and says that it cannot work.
	h.House.Rings.Revoke(h.House.Tenants.Operator())
	if err := h.House.Rings.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if res, body = h.Do("", "GET", "/readyz", ""); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, `"keys":false`) {
		t.Errorf("readyz without keys: %s %s", res.Status, body)
	}
	if res, _ = h.Do("", "GET", "/livez", ""); res.StatusCode != http.StatusNoContent {
		t.Errorf("livez without keys: %s", res.Status)
	}
}
