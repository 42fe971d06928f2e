package server_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"garant.example/internal/server"
	"garant.example/testkit/house"
)

// What Prometheus collects is in its format, says what matters, and names nobody.
func TestMetrics(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("a-name-of-its-own", "civic-engagement", "CA", true)
	h.Account(h.Tenant("second", "civic-engagement", "CA", false), "administrator")
	res := httptest.NewRecorder()
	server.Metrics(h.Running).ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := res.Body.String()
	for _, want := range []string{"garant_ready 1\n", `garant_check{check="control"} 1`, `garant_space_free_bytes{place="data folder"} `,
		`garant_space_refused{place="temporary files"} 0`, `garant_tenants{state="open"} 3`, `garant_promises{profile="civic-engagement",status="unknown"} `} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "a-name-of-its-own") || regexp.MustCompile(`\bt_[0-9a-z]{20}`).MatchString(body) {
		t.Errorf("a tenant is named:\n%s", body)
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) garant_[a-z_]+ .+|garant_[a-z_]+({[a-z]+="[^"]*"(,[a-z]+="[^"]*")*})? [0-9.e+-]+)$`)
	for text := range strings.Lines(body) {
		if !line.MatchString(strings.TrimSuffix(text, "\n")) {
			t.Errorf("not in the format: %s", text)
		}
	}
}
