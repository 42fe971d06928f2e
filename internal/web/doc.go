// Package web is the HTTP toolkit of all edges. It knows no domain: it turns
// connections into requests with an id, an address and a language, keeps hostile
// input small and strict, and turns errors into problem documents.
//
// # What it promises
//
//   - Every answer that is not a success is a problem document (RFC 9457) with a
//     stable code, the words in the language of the request, pointers to the
//     fields at fault, the request id and the next step. The cause goes to the
//     log and never into the answer.
//   - The log holds no personal data: of a request it keeps method, route
//     pattern, status, sizes, time and ids, never the address as typed, a query,
//     a header or a body. A panic is logged by its type and its stack alone.
//   - A body is at most Kit.BodyLimit unless its route says otherwise, JSON is
//     valid UTF-8 without NUL, without duplicate or unknown names, and nested at
//     most MaxDepth deep.
//   - The address of the client is taken from X-Forwarded-For only as far as
//     declared proxies wrote it.
//   - A listener speaks TLS 1.2 or newer, or is declared plain and bound to
//     loopback. What is declared can be listed and compared with what is open.
//
// # Where to start
//
// Kit.Wrap is the order of the middleware; Handle turns a function that returns
// an error into a handler; WriteProblem answers an error; Open and
// (*Server).Run listen. The package localca below makes the certificates of
// machines that no public authority can name.
//
// Sources: RFC 9110 (HTTP semantics), RFC 9457 (problems), RFC 6901 (pointers),
// W3C Trace Context, CSP Level 3, RFC 6797 (HSTS), RFC 8446 (TLS 1.3),
// draft-ietf-httpapi-idempotency-key-header.
//
// # Errors and concurrency
//
// Validate and Open return errs.Config; readers of requests errs.Invalid,
// errs.TooLarge, errs.Precondition and errs.Stale; the limiter errs.TooMany. Kit,
// Limiter, Cursors and Server are safe for concurrent use. Times of connections
// stand in server.go in seconds, sizes in bytes.
package web
