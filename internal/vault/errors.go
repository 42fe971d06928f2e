package vault

import "errors"

// errStop ends a walk that the caller broke off.
var errStop = errors.New("vault: stopped")
