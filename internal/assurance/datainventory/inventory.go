package datainventory

import (
	"context"
	"errors"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

var errNoProfile = errors.New("datainventory: no profile was ever applied")

// inventory is one look of the mechanism.
type inventory struct {
	house   *assurance.House
	control assurance.Control
	want    want
	f       *assurance.Finding
	maker   *probe.Maker // of what was posted; nil when nothing was

	collections, fields, stores, rows, opened, refused int
	classes                                            map[id.Name]bool // in which data about persons stands
}

func (i *inventory) figures() {
	i.f.Measure("tenants", float64(len(i.control.Tenants)), "")
	i.f.Measure("collections", float64(i.collections), "")
	i.f.Measure("fields", float64(i.fields), "")
	i.f.Measure("rows", float64(i.rows), "")
	if i.want.closed {
		i.f.Measure("classes", float64(len(i.classes)), "")
	}
	if i.want.top != "" {
		i.f.Measure("stores", float64(i.stores), "")
	}
	if i.want.refuse {
		i.f.Measure("refused", float64(i.refused), "")
	}
}

// tenant compares what one tenant's profile declares with what its storage goes by
// and with its rows.
func (i *inventory) tenant(ctx context.Context, t tenant.Tenant) error {
	declared, schema, err := i.inForce(ctx, t)
	if err != nil {
		return err
	}
	culprit := func(parts ...string) string {
		text := t.ID.String()
		for _, p := range parts {
			text += " " + p
		}
		return text
	}
	for n := range schema.Collections {
		c := &schema.Collections[n]
		i.f.Saw()
		i.collections++
		own := declaredCollection(declared, c.Name)
		if own == nil {
			i.f.Fail("data_inventory.reason.undeclared", culprit(string(c.Name)))
			continue
		}
		i.declares(c, culprit)
		i.collection(declared, own, c, culprit)
	}
	for n := range declared.Collection {
		if _, err := schema.Collection(declared.Collection[n].Name); err != nil {
			i.f.Fail("data_inventory.reason.missing", culprit(string(declared.Collection[n].Name)))
		}
	}
	i.levels(t, declared, culprit)
	return i.stored(ctx, t, schema)
}

// inForce reads the profile that was applied and the collections that the storage
// goes by.
func (i *inventory) inForce(ctx context.Context, t tenant.Tenant) (*profile.Profile, *vault.Schema, error) {
	p, err := probe.Permit(ctx, i.house, t, access.Ask{Action: access.Read, On: access.Profile})
	if err != nil {
		return nil, nil, err
	}
	applied, ok, err := i.house.Profiles.Current(ctx, p)
	if err == nil && !ok {
		err = errNoProfile
	}
	if err != nil {
		return nil, nil, err
	}
	i.house.Vault.Forget(t.ID) // what is there now, not what was remembered
	schema, err := i.house.Vault.Schema(ctx, p)
	return applied.Declared, schema, err
}

func declaredCollection(p *profile.Profile, name id.Name) *profile.Collection {
	for n := range p.Collection {
		if p.Collection[n].Name == name {
			return &p.Collection[n]
		}
	}
	return nil
}

// declares makes sure that a collection about persons says what the promise asks for.
func (i *inventory) declares(c *vault.Collection, culprit func(...string) string) {
	if !personal(c) {
		return
	}
	for _, what := range i.want.declare {
		said := true
		switch what {
		case "class":
			said = c.Class != ""
		case "purpose":
			said = len(c.Purposes) > 0
		case "legal_basis":
			said = len(c.Purposes) > 0 && !slices.ContainsFunc(c.Purposes, func(p vault.Purpose) bool { return !slices.Contains(vault.LegalBases(), p.Basis) })
		case "retention":
			said = !c.Retention.IsZero()
		case "owner":
			said = c.Owner != ""
		case "notice":
			said = c.Notice != ""
		}
		if !said {
			i.f.Fail("data_inventory.reason.not_said", culprit(string(c.Name), what))
		}
	}
}

// personal says whether a collection holds anything about a person.
func personal(c *vault.Collection) bool {
	return c.About != vault.AboutNobody || slices.ContainsFunc(c.Fields, func(f vault.Field) bool { return f.Personal })
}

// collection compares a collection and its fields with their declaration.
func (i *inventory) collection(p *profile.Profile, own *profile.Collection, c *vault.Collection, culprit func(...string) string) {
	if c.Class != own.Class {
		i.f.Fail("data_inventory.reason.class", culprit(string(c.Name)))
	}
	for n := range c.Fields {
		f := &c.Fields[n]
		i.f.Saw()
		i.fields++
		at := culprit(string(c.Name), string(f.Name))
		declared, ok := own.Field(f.Name)
		if !ok {
			i.f.Fail("data_inventory.reason.undeclared", at)
			continue
		}
		i.class(p, c, f, own.FieldClass(declared), at)
		i.content(&declared, f, c, at)
	}
	for n := range own.Fields {
		if !slices.ContainsFunc(c.Fields, func(f vault.Field) bool { return f.Name == own.Fields[n].Name }) {
			i.f.Fail("data_inventory.reason.missing", culprit(string(c.Name), string(own.Fields[n].Name)))
		}
	}
}

// class makes sure that a field has one of the classes there are, the one that was
// declared, and that data of this class may lie where the collection lies.
func (i *inventory) class(p *profile.Profile, c *vault.Collection, f *vault.Field, declared id.Name, at string) {
	if personal(c) {
		if i.classes == nil {
			i.classes = map[id.Name]bool{}
		}
		i.classes[f.Class] = true
	}
	switch _, known := p.Class(f.Class); {
	case !known, i.want.closed && personal(c) && !slices.Contains(i.want.classes, f.Class):
		i.f.Fail("data_inventory.reason.unclassed", at)
	case f.Class != declared:
		i.f.Fail("data_inventory.reason.class", at)
	case p.PlacementOf(f.Class) != c.Placement:
		i.f.Fail("data_inventory.reason.elsewhere", at)
	}
}

// content makes sure that what a field holds fits its class: addresses and numbers of
// persons are contacts, languages preferences, wherever the promise has such classes;
// event metadata hold the kinds that the promise lists.
func (i *inventory) content(declared *profile.Field, f *vault.Field, c *vault.Collection, at string) {
	if len(i.want.kinds) > 0 && slices.Contains(i.want.classes, f.Class) && !slices.Contains(i.want.kinds, declared.Holds) {
		i.f.Fail("data_inventory.reason.kind", at)
	}
	if i.want.closed || !personal(c) || len(i.want.kinds) > 0 {
		return
	}
	for class, kinds := range map[id.Name][]vault.Kind{"contacts": {vault.Email, vault.Phone}, "preferences": {vault.Language}} {
		if slices.Contains(i.want.classes, class) && slices.Contains(kinds, f.Kind) && f.Class != class && declared.Holds == "" {
			i.f.Fail("data_inventory.reason.class", at)
		}
	}
}

// levels makes sure that every store that holds data about persons has the level that
// the promise names, and that the rule of its classes is in force.
func (i *inventory) levels(t tenant.Tenant, p *profile.Profile, culprit func(...string) string) {
	if i.want.top == "" {
		return
	}
	for _, class := range i.want.classes {
		i.f.Saw()
		i.stores++
		declared, ok := p.Class(class)
		store, there := t.Placement(p.PlacementOf(class))
		switch {
		case !ok, !there:
			i.f.Fail("data_inventory.reason.missing", culprit(string(class)))
		case declared.Level != i.want.top:
			i.f.Fail("data_inventory.reason.level", culprit(string(store.Name)))
		case declared.Handling.EN == "" || declared.Handling.FR == "":
			i.f.Fail("data_inventory.reason.not_said", culprit(string(class), "handling"))
		case store.Region != t.Home() && (declared.Outside != profile.Approved || store.Approval == ""):
			i.f.Fail("data_inventory.reason.outside", culprit(string(store.Name)))
		}
	}
	for n := range p.Collection {
		c := &p.Collection[n]
		if class, _ := p.Class(c.Class); c.About != string(vault.AboutNobody) && class.Level != i.want.top {
			i.f.Fail("data_inventory.reason.level", culprit(string(p.PlacementOf(c.Class))))
		}
	}
}
