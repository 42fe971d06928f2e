// Package portal serves what needs no account: the front page, the trust page of
// every tenant, one page for each promise, and what programs take from there
// (states, evidence, checkpoint, key, feed of changes).
//
// What it promises:
//
//   - Every promise of a tenant's profile stands on its trust page with its state.
//     What is failing comes first, in plain words. What nothing measures yet stands
//     apart and is never counted as kept.
//   - Whatever a page says of a promise comes from the last stored result; the file
//     that proves the result can be checked without this server (cmd/garant-verify).
//   - The portal reads results and the operator's log, never a tenant's database, so
//     no page of it can show what a tenant holds.
//   - A tenant comes from the path or from a table of host names. A host that belongs
//     to a tenant shows that tenant alone.
//   - No cookie is needed, no script is sent, and no page asks another host for
//     anything.
//
// Words: a heading is one of the six parts of a trust page; an area, as profiles
// name it, belongs to one heading. An alarm is a promise that somebody must look at:
// failing, stale, excepted, or checked without an answer.
//
// Read routes.go for what is served, trust.go for how a trust page is made.
//
// An unknown page or tenant is errs.NotFound, a part that cannot be read
// errs.Unavailable; both are pages in the reader's language. Portal is built once,
// serves concurrently and stores nothing. Times are shown in UTC, figures with their
// units. Sources: WCAG 2.2, RFC 4287 (feeds).
package portal
