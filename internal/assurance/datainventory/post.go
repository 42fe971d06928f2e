package datainventory

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/vault"
)

// extraField is the name of a field that no collection declares.
const extraField = "shoe_size"

var errNoCollection = errors.New("datainventory: no collection to try")

// post tries to store a field that nobody declared: the same record without it must
// be taken first.
func (i *inventory) post(ctx context.Context) (err error) {
	canary := i.control.Canary
	door := probe.NewDoor(i.house)
	defer door.Close()
	program, err := probe.NewProgram(ctx, i.house, canary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, program.Revoke(ctx)) }()
	maker, err := probe.NewMaker(ctx, i.house, door, canary, program.Bearer)
	if err != nil {
		return err
	}
	i.maker = maker // what it makes stays until the rows were looked at
	c := i.tried(maker.Schema)
	if c == nil {
		return errNoCollection
	}
	if _, err := maker.Make(ctx, c.Name); err != nil {
		return err
	}
	i.f.Saw()
	body, marker, err := maker.Body(ctx, c.Name, map[string]string{extraField: probe.Marker()})
	if err != nil {
		return err
	}
	call := probe.Call{Method: http.MethodPost, Path: probe.Records(canary, c.Name), Bearer: program.Bearer, Body: body}
	a, err := door.Do(ctx, call)
	switch {
	case err != nil:
		return err
	case a.OK():
		made, err := maker.Keep(a, c.Name, marker)
		i.f.Fail("data_inventory.reason.accepted", made.ID.String())
		return err
	case a.Status == http.StatusUnprocessableEntity || a.Status == http.StatusBadRequest:
		i.refused++
		return nil
	default:
		return a.Err(call)
	}
}

// clean takes away what was made.
func (i *inventory) clean(ctx context.Context) error {
	if i.maker == nil {
		return nil
	}
	return i.maker.Clean(ctx)
}

// tried is the collection that is tried: one of the classes that the promise is about,
// or the first that is about persons.
func (i *inventory) tried(s *vault.Schema) *vault.Collection {
	var first *vault.Collection
	for n := range s.Collections {
		c := &s.Collections[n]
		if c.About == vault.AboutNobody {
			continue
		}
		if first == nil {
			first = c
		}
		if !i.want.closed && slices.ContainsFunc(i.want.classes, func(class id.Name) bool { return class == c.Class }) {
			return c
		}
	}
	return first
}
