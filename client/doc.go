// Package client is the Go SDK of Garant's API: typed methods for everything that
// /openapi.json describes.
//
// # Use
//
//	c, err := client.New(client.Options{URL: "https://garant.example.org", Token: "grt_…"})
//	people := c.Tenant("north-hall").Collection("participants")
//	made, err := people.Create(ctx, client.NewRecord{Fields: json.RawMessage(`{"email":"mei@example.org"}`)})
//	read, err := people.Get(ctx, made.ID, "participation")
//
// # What it promises
//
// An answer that is not a success is a *Problem, with the stable code, the words
// in the language of Options.Lang and the next step; errors.As finds it. What may
// be sent again is sent again, with growing and random pauses and as long as the
// server says: reads always, what makes or changes something under an Idempotency-Key of its own, and
// nothing else unless the server said that nothing was changed. A Client and what
// it hands out are safe for concurrent use. Every call ends with its context.
//
// Personal data stands in bodies only, so addresses may be logged; a token never
// stands in an error.
//
// # Proofs
//
// Log.Prove and Log.Entry return a Proof with the exact bytes that garant-verify
// reads, and Proof.Verify checks it here: signature of the checkpoint, place in
// the tree, contents. The key to check against is compared once with the one on
// the trust page and then kept by the caller; a key fetched together with the
// proof proves nothing.
package client
