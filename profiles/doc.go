// Package profiles carries the declared profiles: one YAML file each, read by
// package profile. It holds data and nothing else.
//
// A profile is named after a kind of service, never after a company. The file
// operator.yaml is the operator's own and makes no promises.
package profiles
