package actor

import (
	"context"
	"net/netip"

	"garant.example/internal/id"
)

// Kind is the closed list of who can act.
type Kind uint8

// The kinds. The zero value is Anonymous: nobody is trusted by default.
const (
	Anonymous Kind = iota
	Staff          // a person of the operator
	Member         // a person of a tenant
	Service        // a program acting for a tenant
	System         // the platform itself: schedules, controls, repairs
)

// String is the word used in the log.
func (k Kind) String() string {
	switch k {
	case Staff:
		return "staff"
	case Member:
		return "member"
	case Service:
		return "service"
	case System:
		return "system"
	default:
		return "anonymous"
	}
}

// Assurance is how strongly the actor was proved.
type Assurance uint8

// The levels. A guard asks for one; a session never gains one by itself.
const (
	Unproved Assurance = iota
	OneFactor
	TwoFactors
)

// Actor is who acts in one request. It holds no name and no address of a
// person: those stay sealed in the account.
type Actor struct {
	Kind      Kind
	Tenant    id.Tenant  // the home of the actor; staff live in the operator's own tenant
	Account   id.Account // Staff and Member
	Token     id.Token   // Service
	Session   id.Session // Staff and Member in the console
	Roles     []id.Name  // roles held in the home tenant
	Scope     []id.Name  // Service only: collections it may touch; empty means all of its roles' reach
	Component string     // System only: which part acts, for example "assurance"
	Assurance Assurance
	Address   netip.Addr
	Agent     string // a short form of the client program, for the log: "garant-cli/1.0"
	Request   id.Request
	Lang      string // "fr" or "en"
}

// Platform returns the actor for what the platform does by itself.
func Platform(component string) Actor {
	return Actor{Kind: System, Component: component, Assurance: TwoFactors, Request: id.NewRequest()}
}

// Ref is the opaque reference of the actor that the log keeps.
func (a Actor) Ref() string {
	switch a.Kind {
	case Staff, Member:
		return a.Account.String()
	case Service:
		return a.Token.String()
	case System:
		return a.Component
	default:
		return ""
	}
}

type contextKey struct{}

// In returns a context that carries the actor.
func In(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From returns the actor of the context; without one it is Anonymous.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(contextKey{}).(Actor)
	return a
}
