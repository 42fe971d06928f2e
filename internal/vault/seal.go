package vault

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
)

// seal writes the body of a row: all fields under a key, and the open ones in
// clear beside it.
func (d *desk) seal(r *row, ref keys.Ref, values Values) error {
	c := d.collection
	plain := c.append(make([]byte, 0, 1024), values, all)
	body, err := d.ring.Seal(nil, ref, plain, sealAD(d.ring.Tenant(), c, r.id, r.version))
	if err != nil {
		return err
	}
	r.body = body
	r.open = c.append(nil, values, func(i int) bool { return c.Fields[i].Open })
	return nil
}

// unseal opens the body of a row.
func (d *desk) unseal(r *row) (Values, error) {
	plain, err := d.ring.Open(nil, r.body, sealAD(d.ring.Tenant(), d.collection, r.id, r.version))
	if err != nil {
		return nil, err
	}
	values, err := d.collection.parse(plain)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	return values, nil
}

// mayChange refuses fields of classes that the actor may not change, all of them
// at once.
func (d *desk) mayChange(values Values) error {
	e := errs.New(errs.Forbidden, "vault.field.forbidden").With("Reason", "field_class").Do("access.refused.fix")
	for i, v := range values {
		if v != nil && !d.permit.Changes(d.collection.Fields[i].Class) {
			e.At(pointer("", string(d.collection.Fields[i].Name)), "vault.field.forbidden", nil)
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// show fills in the fields of a record that the permit lets be seen.
func (d *desk) show(r *row, values Values) (Record, error) {
	out := r.record()
	c := d.collection
	sees := func(i int) bool { return d.permit.Sees(c.Fields[i].Class) }
	out.Fields = c.append(make([]byte, 0, 1024), values, sees)
	for i, v := range values {
		if v != nil && !sees(i) {
			out.Masked = append(out.Masked, c.Fields[i].Name)
		}
	}
	return out, nil
}

// shown names the fields that show let out.
func (d *desk) shown(values Values) []id.Name {
	list := make([]id.Name, 0, len(values))
	for i, v := range values {
		if v != nil && d.permit.Sees(d.collection.Fields[i].Class) {
			list = append(list, d.collection.Fields[i].Name)
		}
	}
	return list
}

// mask shows a row without opening it: the open fields the permit lets be seen;
// everything else is masked.
func (d *desk) mask(r *row) (Record, error) {
	out := r.record()
	c := d.collection
	values, err := c.parse(r.open)
	if err != nil {
		return Record{}, errs.New(errs.Corrupt, "vault.record.corrupt").Cause(err)
	}
	out.Fields = c.append(nil, values, func(i int) bool { return d.permit.Sees(c.Fields[i].Class) })
	for i := range c.Fields {
		if !c.Fields[i].Open {
			out.Masked = append(out.Masked, c.Fields[i].Name)
		}
	}
	return out, nil
}

// purpose checks that a purpose was given and is declared. Collections about
// nobody need none.
func (d *desk) purpose(name id.Name) (Purpose, error) {
	if name == "" && d.collection.About == AboutNobody {
		return Purpose{}, nil
	}
	if name == "" {
		return Purpose{}, errs.New(errs.Precondition, "vault.purpose.needed").Do("vault.purpose.needed.fix").
			At("header/Purpose", "vault.purpose.needed", nil)
	}
	p, ok := d.collection.purpose(name)
	if !ok && d.collection.About == AboutNobody && len(d.collection.Purposes) == 0 {
		return Purpose{}, nil
	}
	if !ok {
		return Purpose{}, errs.New(errs.Forbidden, "vault.purpose.unknown").With("Reason", "purpose").
			Do("vault.purpose.unknown.fix").At("header/Purpose", "vault.purpose.unknown", nil)
	}
	return p, nil
}

// unrestricted refuses when the person's data is restricted and the purpose is
// none of those that may pass.
func (d *desk) unrestricted(ctx context.Context, r *row, p Purpose) error {
	if p.DespiteRestriction {
		return nil
	}
	restricted := r.flags&flagRestricted != 0
	if d.collection.About == AboutSubject && !restricted {
		person, err := d.person(ctx, r.subject)
		if err != nil && !errs.Is(err, errs.Invalid) {
			return err
		}
		restricted = err == nil && person.flags&flagRestricted != 0
	}
	if restricted {
		return errs.New(errs.Restricted, "vault.restricted").Do("vault.restricted.fix")
	}
	return nil
}

// refused writes a refusal down and hands its error on; the log comes first: when
// it cannot be written, that is the answer.
func (d *desk) refused(ctx context.Context, op audit.Operation, r *row, purpose id.Name, why error) error {
	e := d.permit.Entry(op)
	e.Object, e.Purpose, e.Outcome, e.Reason = r.id.Raw, string(purpose), audit.Refused, string(errs.Of(why).Code)
	if op.Class() == audit.ClassWrite {
		e.Operation = audit.AccessRefused
	}
	if _, err := d.log.Append(ctx, e); err != nil {
		return err
	}
	return why
}

// tags computes the rows of the blind index for the findable values.
func (d *desk) tags(ctx context.Context, values Values) ([]tag, error) {
	var list []tag
	for i := range d.collection.Fields {
		f := &d.collection.Fields[i]
		if f.Findable == nil || values[i] == nil {
			continue
		}
		text, err := plainText(values[i])
		if err != nil {
			return nil, err
		}
		b, err := d.tagOf(ctx, f, text)
		if err != nil {
			return nil, err
		}
		list = append(list, tag{bytes: b, field: i, unique: f.Findable.Unique})
	}
	return list, nil
}

// plainText is a value as a person would write it.
func plainText(v jsontext.Value) (string, error) {
	if v.Kind() != '"' {
		return string(v), nil
	}
	b, err := jsontext.AppendUnquote(nil, v)
	return string(b), err
}

// taken refuses a unique value that another row than own holds. The tag is a
// truncated hash, so equal tags are opened and compared.
func (d *desk) taken(tx db.Tx, t tag, values Values, own int64) error {
	for r, err := range findRows(tx, d.collection, t.bytes, maxFound) {
		if err != nil {
			return err
		}
		if r.n == own {
			continue
		}
		other, err := d.unseal(r)
		if errs.Is(err, errs.Erased) {
			continue
		}
		if err != nil {
			return err
		}
		if d.collection.Fields[t.field].same(other[t.field], values[t.field]) {
			at := pointer("", string(d.collection.Fields[t.field].Name))
			return errs.New(errs.Conflict, "vault.unique.taken").Do("vault.unique.taken.fix").At(at, "vault.unique.taken", nil)
		}
	}
	return nil
}

// dropTags removes the index rows of old values that the new ones no longer have.
func (d *desk) dropTags(ctx context.Context, tx db.Tx, n int64, old Values, keep []tag) error {
	gone, err := d.tags(ctx, old)
	if err != nil {
		return err
	}
	for _, t := range gone {
		if holds(keep, t) {
			continue
		}
		if err := deleteTag(tx, t.bytes, n); err != nil {
			return err
		}
	}
	return nil
}

func holds(list []tag, t tag) bool {
	for _, k := range list {
		if string(k.bytes) == string(t.bytes) {
			return true
		}
	}
	return false
}
