package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"garant.example/testkit/house"
)

// signIn signs a person in, who then has a password of their own, and returns the
// secret of the session.
func signIn(t *testing.T, h *house.House, slug, name, password string) string {
	t.Helper()
	const own = "Zwölf-Boxkämpfer-9182"
	session := func(token, path, body string, want int) string {
		t.Helper()
		res, text := h.Do(token, "POST", path, body)
		if res.StatusCode != want {
			t.Fatalf("%s: %s %s", path, res.Status, text)
		}
		var s struct{ Secret string }
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		return s.Secret
	}
	first := session("", "/v1/tenants/"+slug+"/sessions", fmt.Sprintf(`{"sign_in":%q,"password":%q}`, name, password), http.StatusCreated)
	return session(first, "/v1/session:password", fmt.Sprintf(`{"present":%q,"wanted":%q}`, password, own), http.StatusOK)
}
