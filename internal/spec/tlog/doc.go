// Package tlog is the outside form of a transparency log: the Merkle tree of RFC
// 6962, the tiles of C2SP tlog-tiles, the signed checkpoints of C2SP
// tlog-checkpoint and the cosignatures of C2SP tlog-cosignature. It stores
// nothing and knows nothing of ours.
//
// # Words
//
// A leaf hash is SHA-256(0x00 ‖ leaf data); a node hash is SHA-256(0x01 ‖ left ‖
// right). A tree of size n has one root. A tile holds up to 256 hashes of one
// level of height 8. A Range is the compact form of a tree that only grows: the
// roots of its complete subtrees, from left to right. A checkpoint says "the log
// of this origin had this root at this size", signed.
//
// # Invariants
//
// What Parse functions accept is written back byte for byte by the matching
// writer. Proof checks never panic and never allocate more than the proof given.
//
// Sources: RFC 6962 section 2.1; c2sp.org/tlog-tiles, tlog-checkpoint,
// tlog-cosignature, signed-note. Hash reading and proofs stand on
// golang.org/x/mod/sumdb/tlog, notes on golang.org/x/mod/sumdb/note.
//
// # Errors and concurrency
//
// ErrMalformed, ErrProof and ErrSignature say when they are returned. Functions keep
// nothing; a Range belongs to one goroutine.
package tlog
