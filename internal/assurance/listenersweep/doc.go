// Package listenersweep measures what answers on the network, and how.
//
// # What it promises
//
// From inside it reads which sockets this process holds, listening and connected, and
// holds them against the declared doors and links: nothing else may be there. From
// outside it knocks at every door with each version of the protocol from SSL 3 to TLS
// 1.3, with every host name of the tenants, in clear, and with a message altered on
// its way. Of each outgoing link it asks whether it is encrypted, and whether the very
// configuration in use refuses an impostor.
//
// A door that has to answer is knocked at first: where that fails nobody knows.
//
// # Words
//
// A door is a declared listener, a link a declared connection to others. The window
// is the loopback door without TLS: it is declared, measured and counted as relaxed,
// and may serve no tenant's host name. What a demo plays for others (its provider)
// listens beside the platform and is counted.
//
// Sources: mechanisms of the product, listener-sweep; RFC 6101 (SSL 3), RFC 8446
// (TLS 1.3), RFC 6797 (HSTS), proc_net(5), PostgreSQL's frontend/backend protocol.
package listenersweep
