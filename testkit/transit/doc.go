// Package transit is a small server that speaks as the transit secrets engine of
// OpenBao and Vault does and refuses what they refuse: a missing, unknown or ended
// token, a path that the token's policy does not allow, other associated data, a
// key that was soft-deleted or does not exist, a version below the minimum, a text
// of another key, any call while sealed, too many calls. Tests and the demo use it
// where no such service is at hand.
//
// It has encrypt, decrypt, reading, making, rotating, configuring, soft-deleting and
// deleting keys, looking up and renewing one's own token, and the seal status. The
// keys live in memory, all of type aes256-gcm96. Knobs (Deny, Seal, Throttle,
// ExpireToken, Delay, …) make it misbehave as the real one may. Encrypting with a
// key that does not exist makes one, if the policy allows creation: so does the
// real one.
//
// Sources: the HTTP API of the transit engine; its error texts as in OpenBao 2.
package transit
