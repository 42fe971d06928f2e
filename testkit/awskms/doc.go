// Package awskms is a small server that speaks as AWS KMS does and refuses what AWS
// KMS refuses: a wrong or expired signature, another encryption context, a key that
// is disabled, waits for its deletion or does not exist, a text of another key, too
// many calls. Tests and the demo use it where no AWS account is at hand.
//
// It has calls Encrypt, Decrypt, DescribeKey, GetKeyRotationStatus and
// ListKeyRotations of the JSON 1.1 protocol (TrentService), for symmetric keys. The
// keys live in memory. Knobs (Disable, Deny, Throttle, ExpireCredentials, Delay, …)
// make it misbehave as the real one may. Its check of signatures is written apart
// from the client's, so that one mistake does not hide the other.
//
// Sources: the API reference of AWS KMS; AWS Signature Version 4.
package awskms
