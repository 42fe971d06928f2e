// Package localca is a certificate authority for one machine or one private
// network, where no public authority can name the host: a demo on loopback, a
// deployment behind a firewall.
//
// The root is an ECDSA P-256 key that never leaves the data folder (file mode
// 0600). It is constrained (RFC 5280, 4.2.1.10): whoever imports it into a
// browser trusts it for the hosts it was made for and for nothing else, so a
// stolen root opens no other site. A leaf is made per host, lives 90 days and
// is renewed when a third of that is left. Names outside the hosts get no leaf,
// so a stranger's handshakes make no work.
//
// Words: the root is the certificate that people import; a leaf is what a
// listener shows.
//
// A folder that cannot be read or holds something else is errs.Config; a host that
// is not ours is an error of the handshake. CA is safe for concurrent use. The root
// is on the disk before the first leaf is shown; leaves live in memory alone.
package localca
