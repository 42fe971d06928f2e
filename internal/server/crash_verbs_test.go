package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/profile"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/profiles"
	"garant.example/testkit/house"
)

// hand does the long verbs, each in a loop of its own, and says what was answered.
type hand struct {
	h    *server.House
	town tenant.Tenant
	mu   sync.Mutex
}

func (w *hand) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Printf(format+"\n", args...)
}

func (w *hand) permit(a access.Action, on access.Resource, collection id.Name) (*access.Permit, error) {
	return w.h.Gate.Enter(house.Platform(), access.Ask{Action: a, On: on, Tenant: w.town.ID, Collection: collection})
}

// roleVerbs imports, rotates the tenant's key, applies profiles and opens tenants,
// all at once, until it is killed. It begins as a start of the platform does, with
// what the death before left half done.
func roleVerbs(s site) error {
	h, _, err := s.open(context.Background(), os.Stderr)
	if err != nil {
		return err
	}
	if err := h.Resume(context.Background()); err != nil {
		return err
	}
	w := &hand{h: h}
	if w.town, err = h.Tenants.Named("town"); err != nil {
		return err
	}
	w.say("ready")
	failed := make(chan error)
	for _, verb := range []func(n int) error{w.imports, w.rotates, w.applies, w.opens} {
		go func() {
			for n := 0; ; n++ {
				if err := verb(n); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

const linesOfImport = 600 // more than one transaction holds

func importMail(life, n, line int) string { return fmt.Sprintf("i%d-%d-%d@example.org", life, n, line) }

func importText(life, n int) []byte {
	var text bytes.Buffer
	for line := range linesOfImport {
		fmt.Fprintf(&text, `{"email":%q,"display_name":"Inès","phone":"+1418%07d","standing":"registered"}`+"\n", importMail(life, n, line), line)
	}
	return text.Bytes()
}

func (w *hand) imports(n int) error {
	if n == 2 {
		select {} // the check reads every record after every death
	}
	p, err := w.permit(access.Import, access.Record, "participants")
	if err != nil {
		return err
	}
	life := os.Getpid()
	return w.h.Vault.Import(house.Platform(), p, bytes.NewReader(importText(life, n)), func(r vault.Result) error {
		if r.Status != vault.Created {
			return fmt.Errorf("line %d of a new import is %s: %w", r.Line, r.Status, r.Err)
		}
		w.say("imported %s %s", importMail(life, n, r.Line-1), r.ID)
		return nil
	})
}

func (w *hand) rotates(int) error {
	ring, err := w.h.Rings.Open(house.Platform(), w.town.ID)
	if err != nil {
		return err
	}
	p, err := ring.RunKEKRotation(house.Platform(), nil)
	if err == nil {
		w.say("rotated %d", p.To)
	}
	return err
}

// declared is the town's profile, with one field more or without it.
func declared(more bool) (*profile.Profile, error) {
	text, err := profiles.FS.ReadFile("civic-engagement.yaml")
	if err == nil && more {
		text = bytes.Replace(text, []byte("{name: notes, "),
			[]byte("{name: remarks, title: {en: Remarks, fr: Remarques}, kind: text, personal: true}\n      - {name: notes, "), 1)
	}
	if err != nil {
		return nil, err
	}
	return profile.Parse("civic-engagement.yaml", text)
}

func (w *hand) applies(int) error {
	p, err := w.permit(access.Manage, access.Profile, "")
	if err != nil {
		return err
	}
	wanted, err := declared(true)
	if err != nil {
		return err
	}
	plan, err := w.h.Profiles.Plan(house.Platform(), p, wanted)
	if err == nil && plan.IsEmpty() { // it is in force: back to the shorter one
		if wanted, err = declared(false); err == nil {
			plan, err = w.h.Profiles.Plan(house.Platform(), p, wanted)
		}
	}
	if err == nil {
		plan, err = w.h.Profiles.Apply(house.Platform(), p, wanted, plan.To)
	}
	if err == nil {
		w.say("applied %s", plan.To)
	}
	return err
}

// opens opens a few tenants in each life: enough that a death meets one half open.
func (w *hand) opens(n int) error {
	if n == 2 {
		select {}
	}
	slug := fmt.Sprintf("v%d-%d", os.Getpid(), n)
	t, err := w.h.OpenTenant(house.Platform(), tenant.Opening{Slug: id.Name(slug), Title: "V", Country: "CA", Lang: "en", Profile: "civic-engagement"})
	if err == nil {
		w.say("opened %s %s", slug, t.ID)
	}
	return err
}

// answers is what was acknowledged over all lives.
type answers struct {
	imported map[string]string // by address: the record
	opened   map[string]string // by slug: the tenant
	applied  []string          // digests, in order
	rotated  int               // the highest version
	deaths   int
}

// heard takes the lines of one life; the last may be cut.
func (a *answers) heard(t *testing.T, lines []string) {
	t.Helper()
	for i, line := range lines {
		words := strings.Fields(line)
		switch {
		case len(words) == 3 && words[0] == "imported":
			a.imported[words[1]] = words[2]
		case len(words) == 3 && words[0] == "opened":
			a.opened[words[1]] = words[2]
		case len(words) == 2 && words[0] == "applied":
			a.applied = append(a.applied, words[1])
		case len(words) == 2 && words[0] == "rotated":
			if _, err := fmt.Sscan(words[1], &a.rotated); err != nil {
				t.Fatal(err)
			}
		case i != len(lines)-1:
			t.Errorf("it said %q", line)
		}
	}
	a.deaths++
}

// The platform is killed in the middle of imports, of a rotation of the tenant's
// key, of a change of profile and of the opening of tenants.
func TestCrashKilledVerbs(t *testing.T) { killVerbs(t, &site{Dir: t.TempDir()}, 4) }

// The same on PostgreSQL.
func TestCrashKilledVerbsPostgres(t *testing.T) {
	s := siteBeside(t)
	killVerbs(t, &s, 4)
}

func killVerbs(t *testing.T, s *site, rounds int) {
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, w := &answers{imported: map[string]string{}, opened: map[string]string{}}, newWitness()
	for round := range rounds {
		c := s.child(t, "verbs")
		lines, after := 0, rand.IntN(linesOfImport*2)
		said := c.killWhen(t, func(line string) bool {
			lines++
			if round%2 == 1 { // soon after a tenant was opened, when the next one is half open
				return strings.HasPrefix(line, "opened")
			}
			return lines > after
		})
		a.heard(t, said)
		a.check(t, w, *s, fmt.Sprintf("round %d", round))
		if t.Failed() {
			t.Fatalf("what it logged: %s", tail(c.stderr.String()))
		}
	}
	if len(a.imported) < 500 || len(a.opened) == 0 || len(a.applied) == 0 || a.rotated == 0 {
		t.Errorf("too little was done to be of interest: %d imported, %d opened, %d applied, version %d",
			len(a.imported), len(a.opened), len(a.applied), a.rotated)
	}
	t.Logf("%d lines imported, %d tenants opened, %d profiles applied, %d rotations", len(a.imported), len(a.opened), len(a.applied), a.rotated)
}

// check opens what is on the disk, finishes what was half done as a start does, and
// holds it against every answer.
func (a *answers) check(t *testing.T, w *witness, s site, when string) {
	t.Helper()
	ctx := house.Platform()
	h, _, err := s.open(ctx, io.Discard)
	if err != nil {
		t.Fatalf("%s: it does not open again: %v", when, err)
	}
	defer func() {
		if err := h.Close(ctx); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}()
	if err := h.Resume(ctx); err != nil {
		t.Fatalf("%s: what was half done cannot be finished: %v", when, err)
	}
	town, err := h.Tenants.Named("town")
	if err != nil {
		t.Fatal(err)
	}
	found := &account{rows: map[string]string{}, mails: map[string]string{}, acts: map[string]map[audit.Operation]int{}, leaves: map[string]uint64{}}
	w.readRows(t, h, town, found)
	entries := verified(t, h, town, when)
	log, release, err := h.Tenants.Log(ctx, town, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	checkIndex(t, h, town, log, found, when)
	a.checkImports(t, found, entries, when)
	a.checkRotation(t, h, town, entries, when)
	a.checkProfile(t, h, town, entries, when)
	a.checkTenants(t, h, when)
}

// verified wants the log whole and in step with the rows, and returns its entries.
func verified(t *testing.T, h *server.House, of tenant.Tenant, when string) []audit.Entry {
	t.Helper()
	ctx := house.Platform()
	log, release, err := h.Tenants.Log(ctx, of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if r, err := log.VerifyRows(ctx, h.Rows(ctx, of, tenant.Main)); err != nil || !r.OK() {
		t.Errorf("%s: rows and leaves of %s differ: %v %+v", when, of.Slug, err, r.Culprits)
	}
	return entriesOf(t, log, when)
}

func entriesOf(t *testing.T, log *audit.Log, when string) (list []audit.Entry) {
	t.Helper()
	ctx := house.Platform()
	if r, err := log.Verify(ctx, audit.VerifyOptions{}); err != nil || !r.OK() {
		t.Errorf("%s: %s does not verify: %v %+v", when, log.Origin(), err, r.Culprits)
	}
	for q := (audit.Query{Limit: 1000}); ; {
		page, err := log.Entries(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Entries {
			list = append(list, r.Entry)
		}
		if q.From = page.Next; !page.More {
			return list
		}
	}
}

// checkImports wants each line that was answered to be there, and one leaf of an
// import for each record that is there, answered or not.
func (a *answers) checkImports(t *testing.T, found *account, entries []audit.Entry, when string) {
	t.Helper()
	leaves := map[string]int{}
	for _, e := range entries {
		if e.Operation == audit.RecordImport && e.Outcome == audit.Done && !e.Object.IsZero() {
			leaves[id.Record{Raw: e.Object}.String()]++
		}
	}
	for mail, record := range a.imported {
		if found.mails[mail] != record {
			t.Errorf("%s: %s was answered as %s and is %q", when, mail, record, found.mails[mail])
		}
	}
	for record := range found.rows {
		if leaves[record] != 1 {
			t.Errorf("%s: %s has %d leaves of its import", when, record, leaves[record])
		}
	}
	if len(leaves) != len(found.rows) {
		t.Errorf("%s: %d records are there, and %d leaves tell of imports", when, len(found.rows), len(leaves))
	}
}

// checkRotation wants the version that was answered, or a later one, announced in
// the log before it was made; and a rotation that was cut short to go on to its end.
func (a *answers) checkRotation(t *testing.T, h *server.House, town tenant.Tenant, entries []audit.Entry, when string) {
	t.Helper()
	ctx := house.Platform()
	announced := map[string]int{}
	for _, e := range entries {
		if e.Operation == audit.KeyRotate && e.Detail["act"] == string(keys.ActRotateKEK) {
			announced[e.Detail["version"]]++
		}
	}
	ring, err := h.Rings.Open(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ring.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if s.KEK < a.rotated {
		t.Errorf("%s: version %d was answered, and the ring has %d", when, a.rotated, s.KEK)
	}
	for version := 2; version <= s.KEK; version++ {
		if announced[fmt.Sprint(version)] == 0 {
			t.Errorf("%s: no leaf tells of version %d", when, version)
		}
	}
	if len(announced) > s.KEK { // the last may be announced and not made
		t.Errorf("%s: %d versions were announced, and the ring has %d", when, len(announced), s.KEK)
	}
	if s.Rotation == nil && s.OldWrap != 0 {
		t.Errorf("%s: no rotation is under way, and %d keys are wrapped by an older version", when, s.OldWrap)
	}
	if s.Rotation != nil {
		p, err := ring.RunKEKRotation(ctx, nil)
		if s, readErr := ring.Status(ctx); err != nil || readErr != nil || p.To != s.KEK || s.OldWrap != 0 || s.Rotation != nil {
			t.Errorf("%s: the rotation that was cut short: %v %v %+v", when, err, readErr, s)
		}
		a.rotated = p.To
	}
}

// checkProfile wants the applications to form one chain of leaves, of which the last
// is the profile in force, and none that was answered to be missing.
func (a *answers) checkProfile(t *testing.T, h *server.House, town tenant.Tenant, entries []audit.Entry, when string) {
	t.Helper()
	p, err := h.Gate.Enter(house.Platform(), access.Ask{Action: access.Manage, On: access.Profile, Tenant: town.ID})
	if err != nil {
		t.Fatal(err)
	}
	current, ok, err := h.Profiles.Current(house.Platform(), p)
	if err != nil || !ok {
		t.Fatalf("%s: no profile: %v", when, err)
	}
	last, n, answered := "", 0, 0
	for _, e := range entries {
		if e.Operation != audit.ProfileApply {
			continue
		}
		if n > 0 && e.Detail["before"] != last {
			t.Errorf("%s: a profile was applied to %s, and in force was %s", when, e.Detail["before"], last)
		}
		if last = e.Detail["digest"]; n > 0 && answered < len(a.applied) && a.applied[answered] == last {
			answered++
		}
		n++
	}
	if last != current.Digest {
		t.Errorf("%s: the last leaf tells of profile %s, and %s is in force", when, last, current.Digest)
	}
	if answered < len(a.applied) || n-1-len(a.applied) > a.deaths { // the first is the opening's
		t.Errorf("%s: %d applications were answered, %d of them have their leaf, and %d leaves are there after %d deaths",
			when, len(a.applied), answered, n-1, a.deaths)
	}
}

// checkTenants wants every tenant of the directory open and usable, each with its
// leaf, and no leaf without its tenant.
func (a *answers) checkTenants(t *testing.T, h *server.House, when string) {
	t.Helper()
	ctx := house.Platform()
	control, release, err := h.Tenants.ControlLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	leaves := map[string]int{}
	for _, e := range entriesOf(t, control, when) {
		if e.Operation == audit.TenantCreate && e.Outcome == audit.Done {
			leaves[id.Tenant{Raw: e.Object}.String()]++
		}
	}
	for _, tn := range h.Tenants.All() {
		if tn.State != tenant.Open || leaves[tn.ID.String()] != 1 {
			t.Errorf("%s: %s is %s and has %d leaves", when, tn.Slug, tn.State, leaves[tn.ID.String()])
		}
		delete(leaves, tn.ID.String())
		if tn.Operator || tn.Slug == "town" {
			continue
		}
		applied := 0
		for _, e := range verified(t, h, tn, when) {
			if e.Operation == audit.ProfileApply {
				applied++
			}
		}
		if applied != 1 {
			t.Errorf("%s: %s opened with %d profiles", when, tn.Slug, applied)
		}
	}
	if len(leaves) > 0 {
		t.Errorf("%s: leaves tell of %d tenants that are not there", when, len(leaves))
	}
	for slug, want := range a.opened {
		if tn, err := h.Tenants.Named(slug); err != nil || tn.ID.String() != want {
			t.Errorf("%s: %s was opened as %s: %v", when, slug, want, err)
		}
	}
}

// A start that was cut short right behind the adoption of a profile adopts it again:
// that is no second application, and no second leaf.
func TestAdoptedOnce(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		residency, placements, err := h.House.Profiles.Places("civic-engagement")
		if err != nil {
			t.Fatal(err)
		}
		made, err := h.House.Tenants.Create(house.Platform(), tenant.Opening{Slug: "town", Title: "Town", Country: "CA", Lang: "en",
			Profile: "civic-engagement", Residency: residency, Placements: placements}, func(ctx context.Context, t tenant.Tenant) error {
			return errors.Join(h.House.Profiles.Adopt(ctx, t), h.House.Profiles.Adopt(ctx, t))
		})
		if err != nil {
			t.Fatal(err)
		}
		applied := 0
		for _, e := range verified(t, h.House, made, "adopted twice") {
			if e.Operation == audit.ProfileApply {
				applied++
			}
		}
		if applied != 1 {
			t.Errorf("%d leaves tell of one adoption", applied)
		}
	})
}
