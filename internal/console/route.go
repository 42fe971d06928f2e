package console

import (
	"net/http"
	"slices"
	"strings"

	"garant.example/internal/access"
)

// Scope says whose room it is.
type Scope string

// The scopes.
const (
	Anyone   Scope = "anyone"   // no account: signing in, the first set-up
	Own      Scope = "own"      // whoever is signed in to the tenant: what is the person's own
	Tenant   Scope = "tenant"   // people of the tenant in the path whose role allows it
	Operator Scope = "operator" // people of the operator whose role allows it
)

// Route is one address of the console, as data.
type Route struct {
	Name   string
	Method string
	Path   string // of net/http patterns
	Scope  Scope
	Action access.Action   // what it needs; none for Anyone and Own
	On     access.Resource //
	Stream bool            // takes its own time
	serve  func(*visit) error
}

// Where rooms lie.
const (
	tenantBase   = "/t/{tenant}"
	operatorBase = "/operator"
	themePath    = "/console/theme"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// Routes is the whole console as one table. The rooms of a tenant are there for the
// operator's own tenant too, under its own base.
func Routes() []Route {
	rooms := slices.Concat(ownRooms(), recordRooms(), evidenceRooms(), peopleRooms())
	out := slices.Concat(openRooms(), operatorRooms())
	for _, r := range rooms {
		at := r
		at.Path = tenantBase + r.Path
		out = append(out, at)
		at.Name, at.Path = "operator."+r.Name, operatorBase+r.Path
		out = append(out, at)
	}
	return out
}

// openRooms need no account.
func openRooms() []Route {
	out := []Route{
		{Name: "theme", Method: post, Path: themePath, Scope: Anyone, serve: chooseTheme},
		{Name: "door", Method: get, Path: "/sign-in", Scope: Anyone, serve: hostDoor},
		{Name: "setup.form", Method: get, Path: "/setup", Scope: Anyone, serve: setupForm},
		{Name: "setup", Method: post, Path: "/setup", Scope: Anyone, serve: finishSetup},
	}
	for _, base := range []string{tenantBase, operatorBase} {
		prefix := strings.TrimPrefix(strings.TrimSuffix(base, "/{tenant}"), "/") + "."
		out = append(out,
			Route{Name: prefix + "base", Method: get, Path: base, Scope: Anyone, serve: addSlash},
			Route{Name: prefix + "sign_in.form", Method: get, Path: base + "/sign-in", Scope: Anyone, serve: signInForm},
			Route{Name: prefix + "sign_in", Method: post, Path: base + "/sign-in", Scope: Anyone, serve: signIn},
			Route{Name: prefix + "sign_out", Method: post, Path: base + "/sign-out", Scope: Anyone, serve: signOut})
	}
	return out
}

// ownRooms are for whoever is signed in.
func ownRooms() []Route {
	return []Route{
		{Name: "home", Method: get, Path: "/{$}", Scope: Own, serve: home},
		{Name: "password.form", Method: get, Path: "/password", Scope: Own, serve: passwordForm},
		{Name: "password", Method: post, Path: "/password", Scope: Own, serve: changePassword},
	}
}

// recordRooms are what is done with collections and records.
func recordRooms() []Route {
	const (
		list   = "/collections/{collection}"
		record = list + "/records/{record}"
	)
	on := func(name, method, path string, a access.Action, serve func(*visit) error) Route {
		return Route{Name: name, Method: method, Path: path, Scope: Tenant, Action: a, On: access.Record, serve: serve}
	}
	export := on("record.export", post, list+"/export", access.Export, exportRecords)
	export.Stream = true
	return []Route{
		{Name: "collection.list", Method: get, Path: "/collections", Scope: Tenant, Action: access.List, On: access.Collection, serve: listCollections},
		on("record.list", get, list, access.List, listRecords),
		on("record.find.form", get, list+"/find", access.Find, findForm),
		on("record.find", post, list+"/find", access.Find, findRecords),
		on("record.export.form", get, list+"/export", access.Export, exportForm),
		export,
		on("record.new", get, list+"/new", access.Create, newRecord),
		on("record.create", post, list+"/new", access.Create, createRecord),
		on("record.show", get, record, access.Read, showRecord),
		on("record.reveal", post, record+"/reveal", access.Read, revealRecord),
		on("record.edit", post, record+"/edit", access.Update, editRecord),
		on("record.update", post, record+"/update", access.Update, updateRecord),
		on("record.move", post, record+"/move", access.Transition, moveRecord),
		on("record.restrict", post, record+"/restrict", access.Restrict, restrictRecord),
		on("record.delete.form", get, record+"/delete", access.Delete, deleteForm),
		on("record.delete", post, record+"/delete", access.Delete, deleteRecord),
	}
}

// evidenceRooms are the audit log, the keys and the profile of a tenant.
func evidenceRooms() []Route {
	return []Route{
		{Name: "log.list", Method: get, Path: "/log", Scope: Tenant, Action: access.Read, On: access.Log, serve: showLog},
		{Name: "log.entry", Method: get, Path: "/log/{seq}", Scope: Tenant, Action: access.Read, On: access.Log, serve: showEntry},
		{Name: "log.proof", Method: get, Path: "/log/{seq}/proof", Scope: Tenant, Action: access.Prove, On: access.Log, serve: downloadProof},
		{Name: "log.verify", Method: post, Path: "/log/verify", Scope: Tenant, Action: access.Verify, On: access.Log, Stream: true, serve: verifyLog},
		{Name: "log.checkpoint", Method: get, Path: "/log/checkpoint", Scope: Tenant, Action: access.Prove, On: access.Log, serve: downloadCheckpoint},
		{Name: "log.export", Method: post, Path: "/log/bundle", Scope: Tenant, Action: access.Export, On: access.Log, Stream: true, serve: downloadBundle},
		{Name: "key.show", Method: get, Path: "/keys", Scope: Tenant, Action: access.Read, On: access.Key, serve: showKeys},
		{Name: "key.plan", Method: post, Path: "/keys/plan", Scope: Tenant, Action: access.Rotate, On: access.Key, serve: planRotation},
		{Name: "key.rotate", Method: post, Path: "/keys/rotate", Scope: Tenant, Action: access.Rotate, On: access.Key, Stream: true, serve: rotateKeys},
		{Name: "profile.show", Method: get, Path: "/profile", Scope: Tenant, Action: access.Read, On: access.Profile, serve: showOwnProfile},
	}
}

// peopleRooms are who may act: accounts and tokens.
func peopleRooms() []Route {
	manage := func(name, path string, serve func(*visit) error) Route {
		return Route{Name: name, Method: post, Path: path, Scope: Tenant, Action: access.Manage, On: access.Account, serve: serve}
	}
	const account = "/people/{account}"
	return []Route{
		{Name: "account.list", Method: get, Path: "/people", Scope: Tenant, Action: access.List, On: access.Account, serve: listPeople},
		{Name: "account.new", Method: get, Path: "/people/new", Scope: Tenant, Action: access.Manage, On: access.Account, serve: newPerson},
		manage("account.invite", "/people/new", invitePerson),
		{Name: "account.show", Method: get, Path: account, Scope: Tenant, Action: access.Read, On: access.Account, serve: showPerson},
		manage("account.roles", account+"/roles", assignRoles),
		manage("account.state", account+"/state", changeState),
		manage("account.reset", account+"/reset", resetPassword),
		manage("account.unlock", account+"/unlock", unlockPerson),
		manage("account.sign_out", account+"/sessions", endSessions),
		{Name: "token.list", Method: get, Path: "/tokens", Scope: Tenant, Action: access.List, On: access.Token, serve: listTokens},
		{Name: "token.new", Method: get, Path: "/tokens/new", Scope: Tenant, Action: access.Manage, On: access.Token, serve: newToken},
		{Name: "token.create", Method: post, Path: "/tokens/new", Scope: Tenant, Action: access.Manage, On: access.Token, serve: createToken},
		{Name: "token.revoke", Method: post, Path: "/tokens/{token}/revoke", Scope: Tenant, Action: access.Manage, On: access.Token, serve: revokeToken},
	}
}

// operatorRooms are the operator's alone: tenants, promises, the platform.
func operatorRooms() []Route {
	at := func(name, method, path string, a access.Action, on access.Resource, serve func(*visit) error) Route {
		return Route{Name: name, Method: method, Path: operatorBase + path, Scope: Operator, Action: a, On: on, serve: serve}
	}
	slow := func(r Route) Route { r.Stream = true; return r }
	const of = "/tenants/{of}"
	return []Route{
		at("tenant.list", get, "/tenants", access.List, access.Tenant, listTenants),
		at("tenant.new", get, "/tenants/new", access.Create, access.Tenant, newTenant),
		slow(at("tenant.create", post, "/tenants/new", access.Create, access.Tenant, createTenant)),
		at("tenant.show", get, of, access.Read, access.Tenant, showTenant),
		at("tenant.change.form", get, of+"/change", access.Manage, access.Tenant, tenantForm),
		at("tenant.change", post, of+"/change", access.Manage, access.Tenant, changeTenant),
		at("tenant.end", post, of+"/end", access.Manage, access.Tenant, endTenant),
		at("tenant.profile", get, of+"/profile", access.Read, access.Profile, showTenantProfile),
		at("tenant.profile.apply", post, of+"/profile", access.Manage, access.Profile, applyProfile),
		at("promise.list", get, "/promises", access.List, access.Promise, listPromises),
		at("promise.show", get, "/promises/{promise}", access.Read, access.Promise, showPromise),
		slow(at("promise.verify", post, "/promises/{promise}/verify", access.Verify, access.Promise, verifyPromise)),
		at("platform.show", get, "/platform", access.Read, access.Platform, showPlatform),
		at("sabotage.list", get, "/sabotage", access.Manage, access.Platform, listSabotages),
		slow(at("sabotage.break", post, "/sabotage/{promise}/break", access.Manage, access.Platform, breakPromise)),
		slow(at("sabotage.heal", post, "/sabotage/{promise}/heal", access.Manage, access.Platform, healPromise)),
	}
}
