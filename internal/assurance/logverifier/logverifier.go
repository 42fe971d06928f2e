package logverifier

import (
	"context"
	"fmt"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
)

// name is the mechanism's in the profiles.
const name = "log-verifier"

// figureWords begins the keys of the words of figures.
const figureWords = "log_verifier.figure."

// The promises it decides.
const (
	fieldsPromise    id.Name = "abt-log-fields"
	integrityPromise id.Name = "abt-log-integrity"
	proofPromise     id.Name = "abt-log-proof"
)

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	m := &mechanism{house: h, witness: newWitness(h.Dir, h.Witness)}
	return assurance.Mechanism{Name: name, Measure: m.measure, Breaks: map[id.Name]assurance.Break{
		fieldsPromise:    breakOrigin,
		integrityPromise: breakEntry,
		proofPromise:     breakBundle,
	}}
}

type mechanism struct {
	house   *assurance.House
	witness *witness
}

func (m *mechanism) measure(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
	want, err := readWant(c.Promise.Control)
	if err != nil {
		f.Miss("assurance.reason.parameter", err)
		return nil
	}
	switch c.Promise.ID {
	case proofPromise:
		return m.proof(ctx, c, f)
	case fieldsPromise, integrityPromise:
		return m.logs(ctx, c, want, f)
	default:
		return fmt.Errorf("logverifier: nothing is known of the promise %s", c.Promise.ID)
	}
}
