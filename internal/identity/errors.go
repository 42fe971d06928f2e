package identity

import (
	"errors"

	"garant.example/internal/errs"
)

var (
	// ErrHash is returned when a text is no PHC string of Argon2id within bounds.
	ErrHash = errors.New("identity: not a password hash")
	// ErrToken is returned when a text cannot be a token: its form or its check
	// sum is wrong.
	ErrToken = errors.New("identity: not a token")
	// ErrSecret is returned when a text cannot be the secret of a session.
	ErrSecret = errors.New("identity: not a session secret")
)

// refused is the one answer to everybody who fails to sign in.
func refused() error {
	return errs.New(errs.Unauthenticated, "identity.signin.refused").Do("identity.signin.refused.fix")
}

func accountUnknown() error {
	return errs.New(errs.NotFound, "identity.account.unknown").Do("identity.account.unknown.fix")
}

func tokenUnknown() error {
	return errs.New(errs.NotFound, "identity.token.unknown").Do("identity.token.unknown.fix")
}

func sessionOver(key string) error {
	return errs.New(errs.Unauthenticated, key).Do("identity.session.fix")
}

func mismatch() error {
	return errs.New(errs.Internal, "identity.permit.mismatch").Do("error.internal.fix")
}
