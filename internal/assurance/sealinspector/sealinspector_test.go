package sealinspector_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/awskms"
	"garant.example/testkit/house"
)

// provider is a cloud of which only the key service can be made to say no.
type provider struct {
	assurance.Cloud
	service *awskms.Server
}

func (p provider) Deny(string)  { p.service.Deny("alias/tenants", true) }
func (p provider) Clear(string) { p.service.Deny("alias/tenants", false) }

// cloudy are options under which the region of Sydney has its keys in a cloud's key
// service.
func cloudy(t *testing.T, c clock.Clock) house.Options {
	t.Helper()
	service := awskms.New(awskms.Options{Region: "ap-southeast-2", Clock: c})
	service.AddKey("tenants")
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service.Start(socket)
	t.Cleanup(func() { _ = service.Close() })
	access, secret, session := service.Credentials()
	remote, err := kms.NewAWS(kms.AWSOptions{Region: service.Region(), Endpoint: "http://" + socket.Addr().String(), Clock: c,
		Client: &http.Client{}, Credentials: kms.StaticCredentials(kms.Credentials{AccessKey: access, Secret: secret, Session: session})})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(dir, "kms.json"), Secret: []byte("a passphrase for tests"), Clock: c,
		Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
	if err != nil {
		t.Fatal(err)
	}
	regions := house.Regions(dir)
	for i := range regions {
		if regions[i].Name == "sydney" {
			regions[i].KMS = "aws"
		}
	}
	return house.Options{Clock: c, Regions: regions, Faults: server.NewFaults(provider{service: service}), KMS: map[id.Name]server.KMS{
		"local": {Service: local, Key: "tenants"}, "aws": {Service: remote, Key: "alias/tenants"}}}
}

const (
	learner  = `{"fields":{"email":"ines@example.org","given_name":"Inès","family_name":"Calvet","standing":"learner"}}`
	customer = `{"fields":{"email":"ines@example.org","given_name":"Inès","family_name":"Calvet","standing":"insured"}}`
)

// store puts one person into a tenant.
func store(t *testing.T, h *house.House, into tenant.Tenant, collection, body string) {
	t.Helper()
	token := h.Token(into, "integration")
	res, text := h.Do(token, http.MethodPost, "/v1/tenants/"+string(into.Slug)+"/collections/"+collection+"/records", body)
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("store: %s %s", res.Status, text)
	}
}

func play(t *testing.T, h *house.House, reasons map[id.Name]string) {
	t.Helper()
	for promise, reason := range reasons {
		scene, err := h.Saboteur.Play(house.Platform(), promise)
		if err != nil {
			t.Fatalf("%s: %v", promise, err)
		}
		if !scene.Turned() {
			t.Errorf("%s did not turn:\nbefore %v\nbroken %v\nhealed %v", promise, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != reason {
			t.Errorf("%s failed for %q, want %q", promise, got, reason)
		}
		if len(scene.Broken.Finding.Culprits) == 0 {
			t.Errorf("%s names no culprit", promise)
		}
		t.Logf("%s: %v in %v; broken: %v", promise, scene.Before.Finding.Figures, scene.Before.Took, &scene.Broken.Finding)
	}
}

func training(t *testing.T, c clock.Clock) (*house.House, tenant.Tenant) {
	t.Helper()
	h := house.Open(t, cloudy(t, c))
	canary := h.Tenant("canary", "digital-training", "AU", true)
	academy := h.Tenant("academy", "digital-training", "AU", false)
	store(t, h, canary, "learners", learner)
	store(t, h, academy, "learners", learner)
	return h, canary
}

func TestDigitalTraining(t *testing.T) {
	h, _ := training(t, clock.System())
	play(t, h, map[id.Name]string{
		"wywm-integrity":    "seal_inspector.reason.tag",
		"wywm-aes256":       "seal_inspector.reason.algorithm",
		"wywm-kms":          "seal_inspector.reason.raw_key",
		"wywm-key-rotation": "seal_inspector.reason.old_key",
	})
}

func TestInsurance(t *testing.T) {
	h := house.Open(t, house.Options{})
	canary := h.Tenant("canary", "insurance", "US", true)
	mutual := h.Tenant("mutual", "insurance", "US", false)
	store(t, h, canary, "customers", customer)
	store(t, h, mutual, "customers", customer)
	play(t, h, map[id.Name]string{
		"weg-aes-sha": "seal_inspector.reason.algorithm",
		"weg-segment": "seal_inspector.reason.other_owner",
	})
}

// run runs one control and compares what it found.
func run(t *testing.T, h *house.House, promise id.Name, outcome assurance.Outcome, reason string) {
	t.Helper()
	result, err := h.Assurance.Run(house.Platform(), promise)
	if err != nil {
		t.Fatal(err)
	}
	if f := result.Finding; f.Outcome != outcome || f.Reason != reason {
		t.Errorf("%s: got %v, want %s %s", promise, &f, outcome, reason)
	}
}

// An object that nobody opened cannot be kept, whatever its header says.
func TestEmpty(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "insurance", "US", true)
	run(t, h, "weg-aes-sha", assurance.OutcomeUnknown, "seal_inspector.reason.none")
}

// The promise names a service: a platform that keeps its keys elsewhere breaks it.
func TestOtherService(t *testing.T) {
	h := house.Open(t, house.Options{})
	canary := h.Tenant("canary", "digital-training", "AU", true)
	store(t, h, canary, "learners", learner)
	run(t, h, "wywm-kms", assurance.OutcomeFailing, "seal_inspector.reason.service")
}

// A key lying about is found even while the key service refuses and the platform's
// own ring is closed, and the service's refusal alone leaves nobody knowing.
func TestKeyLyingAboutWhileClosed(t *testing.T) {
	c := clock.NewFake(clock.System().Now())
	h, canary := training(t, c)
	if err := h.Saboteur.Break(house.Platform(), "wywm-kms"); err != nil {
		t.Fatal(err)
	}
	h.House.Rings.Revoke(canary.ID)
	c.Advance(2 * time.Minute) // past the time for which an answer of the service holds
	run(t, h, "wywm-kms", assurance.OutcomeFailing, "seal_inspector.reason.raw_key")
	if err := os.Remove(filepath.Join(h.Dir, "data.key")); err != nil {
		t.Fatal(err)
	}
	run(t, h, "wywm-kms", assurance.OutcomeUnknown, "seal_inspector.reason.denied")
	if err := h.Saboteur.Heal(house.Platform(), "wywm-kms"); err != nil {
		t.Fatal(err)
	}
	run(t, h, "wywm-kms", assurance.OutcomeKept, "")
}

// What the page says of a person stays out of what was found.
func TestNothingOfAPerson(t *testing.T) {
	h, _ := training(t, clock.System())
	scene, err := h.Saboteur.Play(house.Platform(), "wywm-integrity")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Calvet", "ines@"} {
		if strings.Contains(scene.Broken.Finding.String(), word) {
			t.Errorf("%q stands in the finding", word)
		}
	}
}
