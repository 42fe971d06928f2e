package house_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

const records = "/v1/tenants/town/collections/participants/records"

// The shortest whole story: a person is stored, found for a purpose, read, changed
// and exported, and each act stands in the log with its proof.
func TestStory(t *testing.T) { house.Engines(t, story) }

func story(t *testing.T, h *house.House) {
	town := h.Tenant("town", "civic-engagement", "CA", false)
	token := h.Token(town, "site", "integration")

	res, body := h.Do(token, "POST", records, `{"fields":{"email":"ines@example.org","display_name":"Inès C.","standing":"registered","notes":"=1+1"}}`)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("create: %s %s", res.Status, body)
	}
	var made struct {
		ID   string
		Leaf uint64
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatal(err)
	}
	etag := res.Header.Get("ETag")

	if res, body = h.Do(token, "POST", records, `{"fields":{"email":"Ines@Example.org","display_name":"I","standing":"invited"}}`); res.StatusCode != http.StatusConflict {
		t.Errorf("the same address twice: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "POST", records, `{"fields":{"nobody":1,"email":"x","standing":"?"}}`); res.StatusCode/100 != 4 ||
		!strings.Contains(body, "/nobody") || !strings.Contains(body, "/email") || !strings.Contains(body, "/standing") || !strings.Contains(body, "/display_name") {
		t.Errorf("every fault at once: %s %s", res.Status, body)
	}
	if res, body = h.Do("", "GET", records+"/"+made.ID, ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "GET", records+"/"+made.ID, ""); res.StatusCode/100 != 4 {
		t.Errorf("without a purpose: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "GET", records+"/"+made.ID, "", "Purpose", "participation"); res.StatusCode != http.StatusOK || !strings.Contains(body, "Inès C.") {
		t.Errorf("read: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "POST", records+":find", `{"field":"email","value":"INES@example.org"}`, "Purpose", "support"); res.StatusCode != http.StatusOK || !strings.Contains(body, made.ID) {
		t.Errorf("find: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "PATCH", records+"/"+made.ID, `{"fields":{"display_name":"Inès"}}`, "If-Match", `"1-000000000000"`); res.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("stale: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "PATCH", records+"/"+made.ID, `{"fields":{"display_name":"Inès","email":"calvet@example.org"}}`, "If-Match", etag); res.StatusCode != http.StatusOK {
		t.Errorf("change: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "POST", records+":find", `{"field":"email","value":"ines@example.org"}`, "Purpose", "support"); strings.Contains(body, made.ID) {
		t.Errorf("found by the old address: %s %s", res.Status, body)
	}
	if res, body = h.Do(token, "GET", records+":export?format=csv", "", "Purpose", "reporting"); res.StatusCode != http.StatusOK || !strings.Contains(body, "'=1+1") {
		t.Errorf("export: %s %s", res.Status, body)
	}
	logged(t, h, town, audit.RecordCreate, audit.RecordRead, audit.RecordFind, audit.RecordUpdate, audit.RecordExport)
}

// logged checks that each operation is in the log, that the whole log verifies, and
// that every row has its leaf and every leaf its row.
func logged(t *testing.T, h *house.House, of tenant.Tenant, operations ...audit.Operation) {
	t.Helper()
	ctx := house.Platform()
	log, release, err := h.Permit(of, access.Ask{Action: access.Verify, On: access.Log}).Log(ctx, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, op := range operations {
		page, err := log.Entries(ctx, audit.Query{Operations: []audit.Operation{op}})
		if err != nil || len(page.Entries) == 0 {
			t.Errorf("%s is not in the log: %v", op, err)
		}
	}
	report, err := log.Verify(ctx, audit.VerifyOptions{})
	if err != nil || !report.OK() {
		t.Errorf("the log does not verify: %v %+v", err, report)
	}
	rows, err := log.VerifyRows(ctx, h.House.Rows(ctx, of, tenant.Main))
	if err != nil || !rows.OK() {
		t.Errorf("rows and log differ: %v %+v", err, rows)
	}
}
