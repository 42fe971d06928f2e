// Package console is where people work: members in the rooms of their tenant, staff
// in those of the operator. Pages are made on the server and need no script.
//
// # What it promises
//
//   - Every address stands in one table with the action and the resource it needs;
//     the gate is asked before a handler runs, whatever the page showed.
//   - A page shows what the reader may do, and no more. Values of personal fields
//     stay hidden until a purpose is given; what was shown is in the log before the
//     answer leaves, and the page names that entry.
//   - Nothing that a person typed stands in an address: what is searched for and
//     what is changed travels in bodies.
//   - Another site cannot make a browser act here (web.BrowserForms), a session
//     cannot be planted by somebody else (each sign-in makes a fresh secret), and
//     the cookie of one tenant says nothing to another.
//   - There is no default tenant: an address names one, or the host does.
//
// # Words
//
// A room is what one address shows. A visit is one request on its way through a
// room. The base is where the rooms of a tenant begin: "/t/SLUG", or "/operator".
//
// # Where to start
//
// Routes is the table, visit.go the way through it, shell.go what every page has in
// common; each other file is one kind of room. Pages are put together in Go from the
// components of package ui: the markup is theirs.
//
// Sources: RFC 6265bis (cookie prefixes, SameSite), WCAG 2.2, the Sec-Fetch-Site
// rules of net/http.CrossOriginProtection.
//
// # Errors, concurrency, durability
//
// A refusal becomes a page with the words of its errs.Error and the number of the
// request; a form comes back with what was typed and the fault beside its field.
// Console is built once and serves concurrently. A page that says that something was
// done is shown once that is durable.
package console
