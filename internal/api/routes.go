package api

import (
	"net/http"
	"reflect"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/audit/casefile"
)

// ofTenant is where everything of one tenant lies.
const ofTenant = "/v1/tenants/{tenant}"

// Routes is the whole API as one table. It is what serves, what /openapi.json
// describes, and what the matrix of routes, roles and tenants is tested over.
func Routes() []Route {
	return slices.Concat(recordRoutes(), logRoutes(), peopleRoutes(), tenantRoutes(), promiseRoutes(), openRoutes())
}

// recordRoutes are what is done with collections and records.
func recordRoutes() []Route {
	const (
		collections = ofTenant + "/collections"
		records     = collections + "/{collection}/records"
		record      = records + "/{record}"
	)
	reading, changing, again := []string{"Purpose"}, []string{"If-Match"}, []string{"If-Match", onceHeader}
	return []Route{
		{Name: "collection.list", Method: "GET", Path: collections, Scope: Tenant, Action: access.List, On: access.Collection,
			Out: typeOf[CollectionList](), Status: http.StatusOK, serve: listCollections},
		{Name: "record.create", Method: "POST", Path: records, Scope: Tenant, Action: access.Create, On: access.Record,
			In: typeOf[NewRecord](), Out: typeOf[Record](), Status: http.StatusCreated, Headers: []string{onceHeader}, serve: createRecord},
		{Name: "record.list", Method: "GET", Path: records, Scope: Tenant, Action: access.List, On: access.Record,
			Out: typeOf[RecordList](), Status: http.StatusOK, Headers: reading, Query: []string{"limit", "cursor", "state", "*"}, serve: listRecords},
		{Name: "record.find", Method: "POST", Path: records + ":find", Scope: Tenant, Action: access.Find, On: access.Record,
			In: typeOf[Search](), Out: typeOf[RecordList](), Status: http.StatusOK, Headers: reading, serve: findRecords},
		{Name: "record.import", Method: "POST", Path: records + ":import", Scope: Tenant, Action: access.Import, On: access.Record,
			Body: ndjson, Answer: ndjson, Out: typeOf[ImportResult](), Status: http.StatusOK, Stream: true, serve: importRecords},
		{Name: "record.export", Method: "GET", Path: records + ":export", Scope: Tenant, Action: access.Export, On: access.Record,
			Answer: ndjson, Out: typeOf[Record](), Status: http.StatusOK, Headers: reading, Query: []string{"format"}, Stream: true, serve: exportRecords},
		{Name: "record.read", Method: "GET", Path: record, Scope: Tenant, Action: access.Read, On: access.Record,
			Out: typeOf[Record](), Status: http.StatusOK, Headers: reading, serve: readRecord},
		{Name: "record.update", Method: "PATCH", Path: record, Scope: Tenant, Action: access.Update, On: access.Record,
			In: typeOf[Changes](), Out: typeOf[Record](), Status: http.StatusOK, Headers: changing, serve: updateRecord},
		{Name: "record.delete", Method: "DELETE", Path: record, Scope: Tenant, Action: access.Delete, On: access.Record,
			Status: http.StatusNoContent, Headers: changing, serve: deleteRecord},
		{Name: "record.transition", Method: "POST", Path: record + ":transition", Scope: Tenant, Action: access.Transition, On: access.Record,
			In: typeOf[Move](), Out: typeOf[Record](), Status: http.StatusOK, Headers: again, serve: moveRecord},
		{Name: "record.restrict", Method: "POST", Path: record + ":restrict", Scope: Tenant, Action: access.Restrict, On: access.Record,
			Out: typeOf[Record](), Status: http.StatusOK, Headers: again, serve: restrictRecord(true)},
		{Name: "record.release", Method: "POST", Path: record + ":release", Scope: Tenant, Action: access.Restrict, On: access.Record,
			Out: typeOf[Record](), Status: http.StatusOK, Headers: again, serve: restrictRecord(false)},
	}
}

// logRoutes are what is done with the audit log.
func logRoutes() []Route {
	const (
		log        = ofTenant + "/log"
		placements = ofTenant + "/placements"
	)
	place := []string{"placement"}
	return []Route{
		{Name: "log.list", Method: "GET", Path: log + "/entries", Scope: Tenant, Action: access.Read, On: access.Log,
			Out: typeOf[EntryList](), Status: http.StatusOK, serve: listEntries, Query: []string{"placement", "from", "to", "limit",
				"since", "until", "operation", "object", "actor", "collection", "outcome", "request", "order"}},
		{Name: "log.read", Method: "GET", Path: log + "/entries/{seq}", Scope: Tenant, Action: access.Read, On: access.Log,
			Out: typeOf[casefile.Inclusion](), Status: http.StatusOK, Query: place, serve: readEntry},
		{Name: "log.prove", Method: "GET", Path: log + "/entries/{seq}/proof", Scope: Tenant, Action: access.Prove, On: access.Log,
			Out: typeOf[casefile.Inclusion](), Status: http.StatusOK, Query: place, serve: proveEntry},
		{Name: "log.consistency", Method: "POST", Path: log + ":consistency", Scope: Tenant, Action: access.Prove, On: access.Log,
			In: typeOf[KeptCheckpoint](), Out: typeOf[casefile.Consistency](), Status: http.StatusOK, Query: place, serve: proveConsistency},
		{Name: "log.verify", Method: "POST", Path: log + ":verify", Scope: Tenant, Action: access.Verify, On: access.Log,
			Out: typeOf[Verification](), Status: http.StatusOK, Query: place, Stream: true, serve: verifyLog},
		{Name: "log.export", Method: "GET", Path: log + ":bundle", Scope: Tenant, Action: access.Export, On: access.Log,
			Answer: "application/zip", Status: http.StatusOK, Stream: true, serve: exportBundle,
			Query: []string{"placement", "since", "until", "from", "to", "sealed"}},
		{Name: "log.key", Method: "GET", Path: log + "/key", Scope: Tenant, Action: access.Prove, On: access.Log,
			Answer: plainText, Status: http.StatusOK, Query: place, serve: verifierKey},
		{Name: "log.checkpoint", Method: "GET", Path: log + "/checkpoint", Scope: Tenant, Action: access.Prove, On: access.Log,
			Answer: plainText, Status: http.StatusOK, Query: place, serve: checkpoint},
		{Name: "log.tile", Method: "GET", Path: log + "/tile/{tile...}", Scope: Tenant, Action: access.Prove, On: access.Log,
			Answer: octets, Status: http.StatusOK, Query: place, serve: readTile},
		{Name: "log.checkpoint_of", Method: "GET", Path: placements + "/{placement}/log/checkpoint", Scope: Tenant,
			Action: access.Prove, On: access.Log, Answer: plainText, Status: http.StatusOK, serve: checkpoint},
		{Name: "log.tile_of", Method: "GET", Path: placements + "/{placement}/log/tile/{tile...}", Scope: Tenant,
			Action: access.Prove, On: access.Log, Answer: octets, Status: http.StatusOK, serve: readTile},
	}
}

// peopleRoutes are who may act: accounts, roles and tokens.
func peopleRoutes() []Route {
	const (
		accounts = ofTenant + "/accounts"
		account  = accounts + "/{account}"
		tokens   = ofTenant + "/tokens"
	)
	changing, paging := []string{"If-Match"}, []string{"limit", "cursor"}
	once, again := []string{onceHeader}, []string{"If-Match", onceHeader}
	return []Route{
		{Name: "account.list", Method: "GET", Path: accounts, Scope: Tenant, Action: access.List, On: access.Account,
			Out: typeOf[AccountList](), Status: http.StatusOK, Query: paging, serve: listAccounts},
		{Name: "account.invite", Method: "POST", Path: accounts, Scope: Tenant, Action: access.Manage, On: access.Account,
			In: typeOf[NewAccount](), Out: typeOf[Invitation](), Status: http.StatusCreated, Headers: once, serve: inviteAccount},
		{Name: "account.read", Method: "GET", Path: account, Scope: Tenant, Action: access.Read, On: access.Account,
			Out: typeOf[Account](), Status: http.StatusOK, serve: readAccount},
		{Name: "account.change", Method: "PUT", Path: account, Scope: Tenant, Action: access.Manage, On: access.Account,
			In: typeOf[Person](), Out: typeOf[Account](), Status: http.StatusOK, Headers: changing, serve: changeAccount},
		{Name: "account.roles", Method: "PUT", Path: account + "/roles", Scope: Tenant, Action: access.Manage, On: access.Account,
			In: typeOf[RoleNames](), Out: typeOf[Account](), Status: http.StatusOK, Headers: changing, serve: assignRoles},
		{Name: "account.disable", Method: "POST", Path: account + ":disable", Scope: Tenant, Action: access.Manage, On: access.Account,
			Out: typeOf[Account](), Status: http.StatusOK, Headers: again, serve: disableAccount},
		{Name: "account.enable", Method: "POST", Path: account + ":enable", Scope: Tenant, Action: access.Manage, On: access.Account,
			Out: typeOf[Account](), Status: http.StatusOK, Headers: again, serve: enableAccount},
		{Name: "account.reset", Method: "POST", Path: account + ":reset", Scope: Tenant, Action: access.Manage, On: access.Account,
			Out: typeOf[Invitation](), Status: http.StatusOK, Headers: once, serve: resetPassword},
		{Name: "account.unlock", Method: "POST", Path: account + ":unlock", Scope: Tenant, Action: access.Manage, On: access.Account,
			Status: http.StatusNoContent, Headers: once, serve: unlockAccount},
		{Name: "account.sign_out", Method: "POST", Path: account + ":sign_out", Scope: Tenant, Action: access.Manage, On: access.Account,
			Status: http.StatusNoContent, Headers: once, serve: endSessions},
		{Name: "role.list", Method: "GET", Path: ofTenant + "/roles", Scope: Tenant, Action: access.List, On: access.Roles,
			Out: typeOf[RoleList](), Status: http.StatusOK, serve: listRoles},
		{Name: "token.list", Method: "GET", Path: tokens, Scope: Tenant, Action: access.List, On: access.Token,
			Out: typeOf[TokenList](), Status: http.StatusOK, Query: paging, serve: listTokens},
		{Name: "token.create", Method: "POST", Path: tokens, Scope: Tenant, Action: access.Manage, On: access.Token,
			In: typeOf[NewToken](), Out: typeOf[Token](), Status: http.StatusCreated, Headers: once, serve: createToken},
		{Name: "token.revoke", Method: "DELETE", Path: tokens + "/{token}", Scope: Tenant, Action: access.Manage, On: access.Token,
			Status: http.StatusNoContent, serve: revokeToken},
	}
}

// tenantRoutes are a tenant itself, its keys and placements, and the list of tenants.
func tenantRoutes() []Route {
	const (
		keys       = ofTenant + "/keys"
		placements = ofTenant + "/placements"
		platform   = "/v1/platform/tenants"
	)
	paging := []string{"limit", "cursor"}
	return []Route{
		{Name: "key.read", Method: "GET", Path: keys, Scope: Tenant, Action: access.Read, On: access.Key,
			Out: typeOf[KeyStatus](), Status: http.StatusOK, serve: readKeys},
		{Name: "key.rotate", Method: "POST", Path: keys + ":rotate", Scope: Tenant, Action: access.Rotate, On: access.Key,
			In: typeOf[RotationRequest](), Out: typeOf[Rotation](), Status: http.StatusOK, Stream: true, serve: rotateKeys},
		{Name: "tenant.read", Method: "GET", Path: ofTenant, Scope: Tenant, Action: access.Read, On: access.Tenant,
			Out: typeOf[TenantInfo](), Status: http.StatusOK, serve: readTenant},
		{Name: "placement.list", Method: "GET", Path: placements, Scope: Tenant, Action: access.List, On: access.Placement,
			Out: typeOf[PlacementList](), Status: http.StatusOK, serve: listPlacements},
		{Name: "profile.read", Method: "GET", Path: ofTenant + "/profile", Scope: Tenant, Action: access.Read, On: access.Profile,
			Out: typeOf[ProfileState](), Status: http.StatusOK, serve: readProfile},
		{Name: "profile.plan", Method: "POST", Path: platform + "/{of}/profile:plan", Scope: Operator, Action: access.Manage, On: access.Profile,
			Out: typeOf[ProfilePlan](), Status: http.StatusOK, serve: planProfile},
		{Name: "profile.apply", Method: "POST", Path: platform + "/{of}/profile:apply", Scope: Operator, Action: access.Manage, On: access.Profile,
			In: typeOf[Confirmation](), Out: typeOf[ProfilePlan](), Status: http.StatusOK, serve: applyProfile},

		{Name: "tenant.list", Method: "GET", Path: platform, Scope: Operator, Action: access.List, On: access.Tenant,
			Out: typeOf[TenantList](), Status: http.StatusOK, Query: paging, serve: listTenants},
		{Name: "tenant.create", Method: "POST", Path: platform, Scope: Operator, Action: access.Create, On: access.Tenant,
			In: typeOf[NewTenant](), Out: typeOf[OpenedTenant](), Status: http.StatusCreated, Stream: true, Headers: []string{onceHeader}, serve: createTenant},
		{Name: "tenant.show", Method: "GET", Path: platform + "/{of}", Scope: Operator, Action: access.List, On: access.Tenant,
			Out: typeOf[TenantInfo](), Status: http.StatusOK, serve: showTenant},
		{Name: "tenant.change", Method: "PATCH", Path: platform + "/{of}", Scope: Operator, Action: access.Manage, On: access.Tenant,
			In: typeOf[TenantChanges](), Out: typeOf[TenantInfo](), Status: http.StatusOK, Headers: []string{"If-Match"}, serve: changeTenant},
		{Name: "tenant.end", Method: "POST", Path: platform + "/{of}:end", Scope: Operator, Action: access.Manage, On: access.Tenant,
			In: typeOf[ContractEnd](), Out: typeOf[TenantInfo](), Status: http.StatusOK, Headers: []string{onceHeader}, serve: endTenant},
	}
}

// openRoutes need no account.
func openRoutes() []Route {
	return []Route{
		{Name: "session.open", Method: "POST", Path: ofTenant + "/sessions", Scope: Anyone,
			In: typeOf[SignIn](), Out: typeOf[Session](), Status: http.StatusCreated, serve: openSession},
		{Name: "session.close", Method: "DELETE", Path: "/v1/session", Scope: Anyone,
			Status: http.StatusNoContent, serve: closeSession},
		{Name: "session.password", Method: "POST", Path: "/v1/session:password", Scope: Anyone,
			In: typeOf[PasswordChange](), Out: typeOf[Session](), Status: http.StatusOK, serve: changePassword},
		{Name: "setup.finish", Method: "POST", Path: "/v1/setup", Scope: Anyone,
			In: typeOf[Setup](), Out: typeOf[Account](), Status: http.StatusCreated, serve: finishSetup},
		{Name: "problem.read", Method: "GET", Path: "/problems/{code}", Scope: Anyone,
			Out: typeOf[ProblemPage](), Status: http.StatusOK, serve: explainProblem},
		{Name: "openapi.read", Method: "GET", Path: "/openapi.json", Scope: Anyone,
			Answer: "application/json", Status: http.StatusOK, Query: []string{"tenant"}, serve: describe},
	}
}

// Media types beside JSON.
const (
	ndjson    = "application/x-ndjson"
	plainText = "text/plain; charset=utf-8"
	octets    = "application/octet-stream"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
