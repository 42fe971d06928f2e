package client_test

import (
	"reflect"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/api"
)

// pair is a type of the API and the one a caller of the client sees.
type pair struct{ served, seen reflect.Type }

func of[S, C any]() pair { return pair{reflect.TypeFor[S](), reflect.TypeFor[C]()} }

// TestTypesAreThoseOfTheAPI holds the client's types against those that the server
// writes and reads: same members, same JSON names, same kinds.
func TestTypesAreThoseOfTheAPI(t *testing.T) {
	for _, p := range []pair{
		of[api.Record, client.Record](), of[api.NewRecord, client.NewRecord](), of[api.RecordList, client.RecordPage](),
		of[api.ImportResult, client.ImportResult](), of[api.Move, client.Transition](), of[api.Collection, client.CollectionInfo](),
		of[api.Entry, client.Entry](), of[api.EntryList, client.EntryPage](), of[api.Verification, client.Verification](),
		of[api.Account, client.Account](), of[api.AccountList, client.AccountPage](), of[api.Invitation, client.Invitation](),
		of[api.Role, client.Role](), of[api.Token, client.Token](), of[api.TokenList, client.TokenPage](),
		of[api.KeyStatus, client.KeyStatus](), of[api.Rotation, client.Rotation](), of[api.TenantInfo, client.TenantInfo](),
		of[api.TenantList, client.TenantPage](), of[api.NewTenant, client.NewTenant](), of[api.OpenedTenant, client.OpenedTenant](),
		of[api.PlacementInfo, client.PlacementInfo](), of[api.Session, client.Session](), of[api.ProfileState, client.ProfileState](),
		of[api.ProfilePlan, client.ProfilePlan](),
	} {
		compare(t, p.served.Name(), p.served, p.seen)
	}
}

func compare(t *testing.T, where string, served, seen reflect.Type) {
	t.Helper()
	if served.Kind() != seen.Kind() {
		t.Errorf("%s: %s and %s", where, served, seen)
		return
	}
	switch served.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		compare(t, where, served.Elem(), seen.Elem())
	case reflect.Struct:
		if served == seen {
			return
		}
		theirs, ours := members(served), members(seen)
		for name, f := range theirs {
			g, ok := ours[name]
			if !ok {
				t.Errorf("%s.%s is not in the client", where, name)
				continue
			}
			compare(t, where+"."+name, f, g)
			delete(ours, name)
		}
		delete(ours, "etag") // from the header
		for name := range ours {
			t.Errorf("%s.%s is not in the API", where, name)
		}
	}
}

func members(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && name != "" && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}
