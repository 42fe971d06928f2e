// Package audit is the log of every touch: one Merkle log per database, written in
// the same transaction as what it tells of.
//
// # Promises
//
// No write without its leaf, no leaf without its write (law 1): Write commits a
// change and its leaves together, and refuses a change that recorded none. A read
// of personal data is answered after Append returned, when its leaf is durable. If
// the log cannot be written nothing that needs it goes on: Write and Append return
// errs.LogUnavailable, at once, and never wait for a forwarder, a witness or a
// disk that does not answer.
//
// Nothing that was logged can be changed, removed, reordered, cut off or swapped
// without Verify telling; a rewrite of the whole log, with new signatures even, is
// told against any checkpoint that was kept elsewhere. Rows cannot be swapped or
// rolled back behind the log: VerifyRows. Neither erasing a person nor pruning
// old entries breaks a proof.
//
// # Words
//
// An entry tells of one act; its words and bytes are in package leaf. Its place in
// the log is its sequence number, from 0. A segment is the row that holds all
// entries of one group commit. A tile is 256 neighbouring hashes of one level. The
// head is the size and root of the log now. A checkpoint is a head, signed. The
// origin names the log in its checkpoints.
//
// # How it lies in the database
//
//	audit_segment     sealed entries with their clear headers, one row per group
//	audit_tile        full tiles, for ever
//	audit_head        one row: size, root, time of the last entry
//	audit_checkpoint  signed checkpoints
//	audit_pruned      one row: below which number entries were lawfully removed
//	audit_kept        leaf data of pruned entries that still prove a live row
//	audit_cursor      how far each forwarder has come
//
// Leaf hashes younger than the last full tile are computed from segments. An
// audited read costs some 250 bytes appended to a row that is written anyway; no
// index entry of its own. A forwarder reads the log itself from its cursor: there
// is no queue that could fill.
//
// # Where to start
//
// Log.Write and Log.Append; then group, which is what a group commit adds to the
// log; then Verify. docs/decisions/0003-audit-segments.md says why.
//
// Sources: RFC 6962; c2sp.org/tlog-tiles, tlog-checkpoint, tlog-cosignature.
//
// # Errors and concurrency
//
// errs.LogUnavailable closes what needs the log; errs.Corrupt says that what is
// stored is not what was written; errs.Conflict and errs.NotFound are about
// checkpoints, witnesses and forwarders; the sentinels of this package say when they
// are returned. Log is safe for concurrent use, a Tx is not and ends with its
// function. Write and Append return nil only for what survives a loss of power.
// Times are UTC in microseconds, sizes bytes.
package audit
