package vault

import (
	"context"
	"crypto/sha256"
	"strconv"

	"github.com/go-json-experiment/json"

	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// maxIdempotencyKey bounds the key that a client may choose, in bytes.
const maxIdempotencyKey = 200

// once turns what the client chose, and what it asked for, into keyed hashes: the
// database keeps neither the key nor anything of the body that could be guessed.
func (d *desk) once(ctx context.Context, opt CreateOptions, body []byte) (*tenant.Once, error) {
	if len(opt.IdempotencyKey) > maxIdempotencyKey {
		return nil, errs.New(errs.Invalid, "vault.idempotency.long").With("Max", strconv.Itoa(maxIdempotencyKey)).
			At("header/Idempotency-Key", "vault.idempotency.long", nil)
	}
	index, err := d.ring.Index(ctx)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(opt.State), opt.Subject.Raw[:], body} {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{':'})
		h.Write(part)
	}
	of := "idempotency/" + string(d.collection.Name)
	tag := index.Tag(of, d.permit.Actor.Ref(), opt.IdempotencyKey)
	digest := index.Tag("idempotency-body/"+string(d.collection.Name), d.permit.Actor.Ref(), string(h.Sum(nil)))
	return &tenant.Once{Tag: tag[:], Digest: digest[:]}, nil
}

// keptRow is a row as it stood when it was answered. Its fields are sealed as they
// are in their table, under the key of the person: they become unreadable with it.
type keptRow struct {
	N       int64  `json:"n"`
	ID      []byte `json:"id"`
	Subject []byte `json:"subject"`
	Created int64  `json:"created"`
	Version int64  `json:"version"`
	State   string `json:"state"`
	Flags   int64  `json:"flags"`
	Open    []byte `json:"open"`
	Leaf    int64  `json:"leaf"`
	Body    []byte `json:"body"`
}

// keep copies a row that was just made.
func (r *row) keep() ([]byte, error) {
	return json.Marshal(keptRow{N: r.n, ID: r.id.Raw[:], Subject: r.subject.Raw[:], Created: r.created, Version: r.version,
		State: r.state, Flags: r.flags, Open: r.open, Leaf: r.leaf, Body: r.body}, json.Deterministic(true))
}

func (d *desk) rowOf(kept []byte) (*row, error) {
	var k keptRow
	if err := json.Unmarshal(kept, &k); err != nil {
		return nil, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	rec, err := id.FromBytes(k.ID)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	subject, err := id.FromBytes(k.Subject)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	return &row{n: k.N, id: id.Record{Raw: rec}, subject: id.Subject{Raw: subject}, created: k.Created, updated: k.Created,
		version: k.Version, state: k.State, flags: k.Flags, open: k.Open, leaf: k.Leaf, body: k.Body, collects: d.collection}, nil
}

// recall answers from an earlier request with the same key: done when it was this
// very request. It shows the record as it was shown then, with a leaf of its own; a
// record that was deleted since is not shown again.
func (dr *draft) recall(tx *audit.Tx) (done bool, err error) {
	kept, found, err := dr.once.Recall(tx)
	if err != nil || !found {
		return false, err
	}
	d := dr.desk
	r, err := d.rowOf(kept)
	if err != nil {
		return false, err
	}
	if _, err := readRow(tx, d.collection, r.id); err != nil {
		return false, err
	}
	values, err := d.unseal(r)
	if err != nil {
		return false, err
	}
	out, err := d.show(r, values)
	if err != nil {
		return false, err
	}
	dr.repeat = &out
	e := d.permit.Entry(audit.RecordRead)
	e.Object, e.Prev, e.Fields, e.Detail = r.id.Raw, uint64(r.leaf)+1, d.shown(values), map[string]string{"again": string(audit.RecordCreate)}
	tx.Record(e)
	return true, nil
}
