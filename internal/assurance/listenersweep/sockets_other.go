//go:build !linux

package listenersweep

// own cannot be told here: nobody knows is the honest answer.
func own() ([]socket, error) { return nil, errBlind }
