package casefile

import (
	"bytes"
	"errors"
	"net/netip"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/id"
)

// View is the readable form of an entry: what people and programs see in JSON.
type View struct {
	At         time.Time         `json:"at"`
	Behind     int64             `json:"clock_behind_us,omitzero"`
	Actor      ActorView         `json:"actor"`
	Operation  leaf.Operation    `json:"operation"`
	Class      string            `json:"class"`
	Object     Hex               `json:"object,omitzero"`
	Kind       string            `json:"kind,omitzero"`
	Collection id.Name           `json:"collection,omitzero"`
	Purpose    string            `json:"purpose,omitzero"`
	Ticket     string            `json:"ticket,omitzero"`
	Outcome    leaf.Outcome      `json:"outcome"`
	Reason     string            `json:"reason,omitzero"`
	Request    id.Request        `json:"request,omitzero"`
	Row        Hex               `json:"row,omitzero"`
	Prev       uint64            `json:"previous,omitzero"`
	Fields     []id.Name         `json:"fields,omitzero"`
	Count      int64             `json:"count,omitzero"`
	Detail     map[string]string `json:"detail,omitzero"`
}

// ActorView is the readable form of an actor.
type ActorView struct {
	Kind    string     `json:"kind"`
	Ref     string     `json:"ref,omitzero"`
	Tenant  id.Tenant  `json:"tenant,omitzero"`
	Address netip.Addr `json:"address,omitzero"`
	Agent   string     `json:"agent,omitzero"`
	Session id.Session `json:"session,omitzero"`
	Device  string     `json:"device,omitzero"`
}

// ViewOf returns the readable form of an entry.
func ViewOf(e leaf.Entry) View {
	v := View{
		At: e.At, Behind: e.Behind.Microseconds(), Operation: e.Operation, Class: e.Operation.Class().String(),
		Kind: e.Kind, Collection: e.Collection, Purpose: e.Purpose, Ticket: e.Ticket,
		Outcome: e.Outcome, Reason: e.Reason, Request: e.Request, Prev: e.Prev, Fields: e.Fields, Count: e.Count, Detail: e.Detail,
		Actor: ActorView{Kind: e.Actor.Kind.String(), Ref: e.Actor.Ref, Tenant: e.Actor.Tenant, Address: e.Actor.Address,
			Agent: e.Actor.Agent, Session: e.Actor.Session, Device: e.Actor.Device},
	}
	if !e.Object.IsZero() {
		v.Object = e.Object[:]
	}
	if e.Row != [32]byte{} {
		v.Row = e.Row[:]
	}
	return v
}

// MarshalView writes the readable form, the same bytes each time.
func MarshalView(e leaf.Entry) ([]byte, error) {
	return json.Marshal(ViewOf(e), json.Deterministic(true))
}

// unmarshal is the strict reading of everything in this package: what was read is
// written again and must be the same text, up to spaces and the order of members.
// So no byte that was read loosely (the last bits of base64, for one) goes unseen.
func unmarshal(b []byte, v any) error {
	if err := json.Unmarshal(b, v, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	read, written := jsontext.Value(bytes.Clone(b)), jsontext.Value(again)
	if err := errors.Join(read.Canonicalize(), written.Canonicalize()); err != nil {
		return err
	}
	if !bytes.Equal(read, written) {
		return ErrFormat
	}
	return nil
}
