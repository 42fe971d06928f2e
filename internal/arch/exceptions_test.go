package arch

// Exceptions, each with its reason. An exception that nothing needs any more
// fails its test, so the tables only shrink by themselves.

// importExceptions are edges against the rings: "from -> to".
func importExceptions() map[string]string { return map[string]string{} }

// largeFiles are paths.
func largeFiles() map[string]string { return map[string]string{} }

// largeFunctions are folder.Function.
func largeFunctions() map[string]string { return map[string]string{} }

// globals are folder.variable.
func globals() map[string]string {
	return map[string]string{
		"internal/access.actionNames":    "a constant table: the words of a closed list, never written to",
		"internal/access.resourceNames":  "a constant table: the words of a closed list, never written to",
		"internal/access.sensible":       "a constant table: which action makes sense on which resource",
		"internal/audit/leaf.operations": "a constant table: the closed list of operations",
		"internal/db/sqlite.suffixes":    "a constant table: the files that belong to one database",
		"internal/id.crockford":          "a constant table: an alphabet, which encoding/base32 wants as a value",
		"internal/web/ui.bundle":         "a sum over embedded files, computed once and never changed",
		"testkit/pgserver.shared":        "one PostgreSQL per test process: starting takes seconds",
	}
}

// clockReaders are paths that may call time.Now, Since or Until.
func clockReaders() map[string]string {
	return map[string]string{
		"cmd/garant/internal/bench/bench.go": "a measurement needs the machine's monotonic clock",
		"cmd/garant/internal/bench/load.go":  "a measurement needs the machine's monotonic clock",
	}
}

// sleepers are paths that may call time.Sleep.
func sleepers() map[string]string { return map[string]string{} }

// revealers are paths that may turn a secret into a plain text.
func revealers() map[string]string {
	return map[string]string{
		"internal/db/postgres/driver.go": "the driver connects with the password of the server",
		"internal/identity/service.go":   "the length of the setup secret is checked once",
		"internal/server/configured.go":  "key services are opened with their passphrase, token or secret key",
		"internal/server/links.go":       "the hosts of the PostgreSQL server are listed for the listener sweep",
		"testkit/pgserver/pgserver.go":   "the test server connects to itself",
	}
}

// citedExceptions are paths that comments and documents may name though they do
// not exist.
func citedExceptions() map[string]string { return map[string]string{} }

// missingFloors are domain/file.
func missingFloors() map[string]string { return map[string]string{} }

// largePackages are folders.
func largePackages() map[string]string { return map[string]string{} }

// mapsOfAny are paths.
func mapsOfAny() map[string]string {
	return map[string]string{
		"internal/errs/errs.go":                  "what a message takes in: words, numbers and times",
		"internal/api/promises.go":               "a figure is a number or a word; its control knows which",
		"internal/assurance/probe/records.go":    "records of whatever collection a profile declares, as JSON",
		"internal/assurance/markerscan/plant.go": "records of whatever collection a profile declares, as JSON",
		"internal/assurance/markerscan/value.go": "records of whatever collection a profile declares, as JSON",
	}
}
