package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// jumps is a running platform whose clock is set back and forth. It is asked through
// the door without TLS: the clients here live in the time of the machine.
type jumps struct {
	*testing.T
	h     *house.House
	clock *clock.Fake
	town  tenant.Tenant
}

func (j *jumps) ask(secret, method, path, body string) (status int, text string) {
	j.Helper()
	req, err := http.NewRequest(method, j.h.WindowURL()+path, strings.NewReader(body))
	if err != nil {
		j.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Purpose", "support")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		j.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		j.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (j *jumps) want(when, secret, method, path, body string, status int) string {
	j.Helper()
	got, text := j.ask(secret, method, path, body)
	if got != status {
		j.Errorf("%s: %s %s: %d, want %d: %s", when, method, path, got, status, text)
	}
	return text
}

const entries = "/v1/tenants/town/log/entries?limit=1"

const people = "/v1/tenants/town/collections/participants/records"

func (j *jumps) create(when, token, mail string) {
	j.Helper()
	j.want(when, token, "POST", people, `{"fields":{"email":"`+mail+`@example.org","display_name":"Inès","standing":"registered"}}`, http.StatusCreated)
}

func (j *jumps) session(password string) string {
	j.Helper()
	text := j.want("sign in", "", "POST", "/v1/tenants/town/sessions", `{"sign_in":"auditor@town.example","password":"`+password+`"}`, http.StatusCreated)
	var s struct{ Secret string }
	if err := json.Unmarshal([]byte(text), &s); err != nil || s.Secret == "" {
		j.Fatalf("%v %s", err, text)
	}
	return s.Secret
}

// cursor is where the list of records goes on.
func (j *jumps) cursor(token string) string {
	j.Helper()
	var page struct {
		Next string `json:"next"`
	}
	text := j.want("list", token, "GET", people+"?limit=1", "", http.StatusOK)
	if err := json.Unmarshal([]byte(text), &page); err != nil || page.Next == "" {
		j.Fatalf("no cursor: %v %s", err, text)
	}
	return people + "?limit=1&cursor=" + page.Next
}

// leaves wants the log whole, its times never to go back, and returns how far the
// last entry says the clock was behind.
func (j *jumps) leaves(when string) (behind time.Duration) {
	j.Helper()
	ctx := house.Platform()
	log, release, err := j.h.House.Tenants.Log(ctx, j.town, tenant.Main)
	if err != nil {
		j.Fatal(err)
	}
	defer release()
	if r, err := log.VerifyRows(ctx, j.h.House.Rows(ctx, j.town, tenant.Main)); err != nil || !r.OK() {
		j.Errorf("%s: rows and leaves differ: %v %+v", when, err, r.Culprits)
	}
	var last time.Time
	for _, e := range entriesOf(j.T, log, when) {
		if e.At.Before(last) {
			j.Errorf("%s: the log goes back from %v to %v", when, last, e.At)
		}
		last, behind = e.At, e.Behind
	}
	return behind
}

// The clock of a running platform is set back an hour and forward a year. What ends
// ends by the clock it has, nothing lives for longer because the clock was wrong for
// a while, and the log goes forward and says by how much the clock was behind.
func TestClockJumps(t *testing.T) {
	for name, options := range map[string]func() house.Options{
		"sqlite":   func() house.Options { return house.Options{} },
		"postgres": func() house.Options { return house.OnPostgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			fake := clock.NewFake(clock.System().Now())
			o.Clock = fake
			j := &jumps{T: t, h: house.Open(t, o), clock: fake}
			j.town = j.h.Tenant("town", "civic-engagement", "CA", false)
			j.run()
		})
	}
}

const year = 365 * 24 * time.Hour

func (j *jumps) run() {
	token := j.h.Token(j.town, "site", "integration")
	name, password := j.h.Account(j.town, "auditor")
	session := signIn(j.T, j.h, "town", name, password)
	for _, mail := range []string{"a", "b", "c"} {
		j.create("at first", token, mail)
	}
	next := j.cursor(token)
	j.want("at first", session, "GET", entries, "", http.StatusOK)

	j.clock.Advance(-time.Hour)
	when := "an hour back"
	j.create(when, token, "back")
	j.want(when, token, "GET", next, "", http.StatusOK)
	if behind := j.leaves(when); behind < 59*time.Minute || behind > time.Hour {
		j.Errorf("%s: the last entry says that the clock is %v behind", when, behind)
	}
	j.want(when+", a use further ahead than the idle limit", session, "GET", entries, "", http.StatusUnauthorized)
	back := j.session("Zwölf-Boxkämpfer-9182")
	j.want(when, back, "GET", entries, "", http.StatusOK)

	j.clock.Advance(time.Hour + year)
	when = "a year ahead"
	for _, secret := range []string{token, session, back} {
		j.want(when, secret, "GET", people, "", http.StatusUnauthorized)
	}
	future, futureSession := j.h.Token(j.town, "site", "integration"), j.session("Zwölf-Boxkämpfer-9182")
	if text := j.want(when, future, "GET", next, "", http.StatusUnprocessableEntity); !strings.Contains(text, "cursor") {
		j.Errorf("%s: the cursor: %s", when, text)
	}
	j.create(when, future, "ahead")
	if behind := j.leaves(when); behind != 0 {
		j.Errorf("%s: the clock is %v behind", when, behind)
	}

	j.clock.Advance(-year)
	when = "right again"
	j.create(when, token, "again")
	j.want(when, token, "GET", next, "", http.StatusOK)
	j.want(when, futureSession, "GET", entries, "", http.StatusUnauthorized)
	j.want(when, future, "GET", people, "", http.StatusUnauthorized)
	if behind := j.leaves(when); behind < year-time.Hour || behind > year {
		j.Errorf("%s: the last entry says that the clock is %v behind", when, behind)
	}
}
