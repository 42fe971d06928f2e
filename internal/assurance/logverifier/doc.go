// Package logverifier decides whether the logs of a profile's tenants are what they
// were when they were written.
//
// # What it looks at
//
// Every log of every tenant of the profile, the operator's own and that of the
// control database: each entry hashed again and opened, tiles, head and signed
// checkpoints compared, rows compared with the last entry of each object; and all
// of it against the heads that were kept elsewhere.
//
// # Words
//
// A witness keeps heads: signed checkpoints of a log, outside the database that
// holds the log, one line each, only ever added to. Whoever writes a whole log anew,
// signatures and all, cannot make it meet a head that a witness keeps; that is why
// a result without a witness is unknown. The platform's own witness is a folder of
// its data folder, or the one that the setting "witness" names: on another disk, or a
// mount of another machine that only ever lets lines be added. What each proves is in
// docs/operations/witness.md.
//
// A head is kept only after everything was found in order, so that a log that was
// tampered with never becomes what the next run compares with. A log with a signed
// checkpoint older than a result may be, while its witness has no head of it, means
// that the witness was emptied: the result of that run is unknown.
//
// Of a case bundle it checks what a court would: exported through the API by an
// auditor, checked by the code of the offline verifier with the registered key
// alone; and that the same verifier refuses it with one entry taken out, and under
// any other key.
//
// Sources: RFC 6962; C2SP signed-note and tlog-checkpoint.
package logverifier
