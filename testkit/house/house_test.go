package house_test

import (
	"net/http"
	"strings"
	"testing"

	"garant.example/testkit/house"
)

// The shortest whole story: a person is stored, found for a purpose, and read.
func TestStory(t *testing.T) {
	h := house.Open(t, house.Options{})
	town := h.Tenant("town", "civic-engagement", "CA", false)
	token := h.Token(town, "site", "integration")
	const records = "/v1/tenants/town/collections/participants/records"

	res, body := h.Do(token, "POST", records, `{"fields":{"nobody":1}}`)
	if res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusBadRequest {
		t.Fatalf("an unknown field: %s %s", res.Status, body)
	}
	if !strings.Contains(body, `"/nobody"`) && !strings.Contains(body, "/fields/nobody") {
		t.Errorf("the fault has no pointer: %s", body)
	}
	if res, body = h.Do("", "GET", records, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %s %s", res.Status, body)
	}
}
