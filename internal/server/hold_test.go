package server_test

import (
	"encoding/json"
	"testing"

	"garant.example/internal/audit"
)

// findable reads the two findable fields of an opened participant.
func findable(t *testing.T, fields string) (mail, phone string) {
	t.Helper()
	var f struct {
		Email string `json:"email"`
		Phone string `json:"phone"`
	}
	if err := json.Unmarshal([]byte(fields), &f); err != nil {
		t.Fatal(err)
	}
	return f.Email, f.Phone
}

// hold compares one person, as the client knows it, with what is there. What was
// acknowledged must be; what never was answered may be, wholly.
func (a *account) hold(t *testing.T, p *person, when string) {
	t.Helper()
	record := p.id
	if record == "" { // the creation was never answered
		if record = a.mails[p.mail]; record == "" {
			return // it did not happen; VerifyRows saw that no leaf is left of it
		}
	}
	fields, there := a.rows[record]
	acts := a.acts[record]
	switch {
	case p.gone && there:
		t.Errorf("%s: %s was deleted and is there", when, p.mail)
	case !p.gone && !there && p.doubt != "delete":
		t.Errorf("%s: %s was acknowledged and is gone", when, p.mail)
	case there:
		if err := p.matches([]byte(fields)); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	if p.id != "" && a.leaves[record] != p.leaf {
		t.Errorf("%s: the leaf of %s is %d and was answered as %d", when, p.mail, a.leaves[record], p.leaf)
	}
	deletions := 0
	if !there {
		deletions = 1
	}
	for op, want := range map[audit.Operation]int{audit.RecordCreate: 1, audit.RecordUpdate: p.updates,
		audit.RecordRead: p.reads, audit.RecordDelete: deletions} {
		most := want
		if p.doubt == "update" && op == audit.RecordUpdate || p.doubt == "read" && op == audit.RecordRead {
			most++
		}
		if n := acts[op]; n < want || n > most {
			t.Errorf("%s: %s has %d leaves of %s, and %d were answered", when, p.mail, n, op, want)
		}
	}
}
