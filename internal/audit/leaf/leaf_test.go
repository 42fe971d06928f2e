package leaf_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"garant.example/internal/actor"
	"garant.example/internal/audit/leaf"
	"garant.example/internal/id"
)

func raw(t *rapid.T, label string) (r id.Raw) {
	copy(r[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label))
	return r
}

func draw(t *rapid.T) leaf.Entry {
	text := rapid.StringN(0, 40, 120)
	op := rapid.SampledFrom(leaf.Operations()).Draw(t, "operation")
	e := leaf.Entry{
		At: time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(t, "at")).UTC(), Behind: time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "behind")) * time.Microsecond,
		Operation: op, Object: raw(t, "object"), Kind: text.Draw(t, "kind"), Collection: id.Name(text.Draw(t, "collection")),
		Purpose: text.Draw(t, "purpose"), Ticket: text.Draw(t, "ticket"), Reason: text.Draw(t, "reason"),
		Outcome: rapid.SampledFrom([]leaf.Outcome{leaf.Done, leaf.Refused, leaf.Failed}).Draw(t, "outcome"),
		Request: id.Request{Raw: raw(t, "request")}, Prev: rapid.Uint64().Draw(t, "prev"), Count: rapid.Int64Range(0, 1<<62).Draw(t, "count"),
		Detail: rapid.MapOfN(text, text, 0, 5).Draw(t, "detail"),
		Actor: leaf.Actor{Kind: rapid.SampledFrom([]actor.Kind{actor.Staff, actor.Member, actor.Service, actor.System}).Draw(t, "actor"),
			Ref: "r" + text.Draw(t, "ref"), Tenant: id.Tenant{Raw: raw(t, "tenant")}, Agent: text.Draw(t, "agent"), Session: id.Session{Raw: raw(t, "session")}, Device: text.Draw(t, "device")},
	}
	for _, f := range rapid.SliceOfN(text, 0, 6).Draw(t, "fields") {
		e.Fields = append(e.Fields, id.Name(f))
	}
	address := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
	switch rapid.IntRange(0, 2).Draw(t, "family") {
	case 1:
		e.Actor.Address = netip.AddrFrom4([4]byte(address[:4]))
	case 2:
		e.Actor.Address = netip.AddrFrom16([16]byte(address)).Unmap()
	}
	if op.Class() == leaf.Write && !e.Object.IsZero() {
		e.Row = [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "row"))
	}
	return e
}

func headerOf(e leaf.Entry) leaf.Header {
	return leaf.Header{Class: e.Operation.Class(), At: e.At, Object: e.Object, Row: e.Row}
}

// What is encoded comes back, and only in one form.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := draw(t)
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		details, _, err := leaf.AppendDetails([]byte("before"), [leaf.SaltSize]byte{1}, &e, nil)
		if err != nil {
			t.Fatal(err)
		}
		details = bytes.TrimPrefix(details, []byte("before"))
		h, err := leaf.ParseHeader(leaf.AppendHeader(nil, headerOf(e)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := leaf.Decode(h, details)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
		if i := rapid.IntRange(0, len(details)-1).Draw(t, "cut"); leaf.Valid(h, details[:i]) == nil {
			t.Fatalf("%d of %d bytes are enough", i, len(details))
		}
		if leaf.Valid(h, append(details, 0)) == nil {
			t.Fatal("a byte too many passes")
		}
	})
}

func FuzzDecode(f *testing.F) {
	e := leaf.Entry{At: time.UnixMicro(5).UTC(), Operation: leaf.RecordRead, Outcome: leaf.Done, Object: id.Raw{1}, Detail: map[string]string{"a": "b", "c": "d"},
		Fields: []id.Name{"x"}, Actor: leaf.Actor{Kind: actor.Anonymous, Address: netip.MustParseAddr("192.0.2.1")}}
	details, _, err := leaf.AppendDetails(nil, [leaf.SaltSize]byte{}, &e, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf.AppendHeader(nil, headerOf(e)), details)
	f.Fuzz(func(t *testing.T, header, details []byte) {
		h, err := leaf.ParseHeader(header)
		if err != nil {
			return
		}
		if back := leaf.AppendHeader(nil, h); !bytes.Equal(back, header[:leaf.HeaderSize]) {
			t.Fatalf("header %x is written %x", header, back)
		}
		e, err := leaf.Decode(h, details)
		if err != nil {
			return
		}
		back, _, err := leaf.AppendDetails(nil, [leaf.SaltSize]byte(details), &e, nil)
		if err != nil || !bytes.Equal(back, details) {
			t.Fatalf("%x is written %x (%v)", details, back, err)
		}
	})
}

func TestCheckRefuses(t *testing.T) {
	good := leaf.Entry{Operation: leaf.RecordUpdate, Outcome: leaf.Done, Object: id.Raw{1}, Row: [32]byte{1}, Actor: leaf.Actor{Kind: actor.System, Ref: "test"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(e *leaf.Entry){
		"no operation":           func(e *leaf.Entry) { e.Operation = "" },
		"unknown operation":      func(e *leaf.Entry) { e.Operation = "record.steal" },
		"no outcome":             func(e *leaf.Entry) { e.Outcome = 0 },
		"no origin":              func(e *leaf.Entry) { e.Actor.Ref = "" },
		"anonymous from nowhere": func(e *leaf.Entry) { e.Actor = leaf.Actor{} },
		"row of a read":          func(e *leaf.Entry) { e.Operation = leaf.RecordRead },
		"row of nothing":         func(e *leaf.Entry) { e.Object = id.Raw{} },
		"negative count":         func(e *leaf.Entry) { e.Count = -1 },
	} {
		e := good
		if change(&e); !errors.Is(e.Check(), leaf.ErrIncomplete) {
			t.Errorf("%s passes", name)
		}
	}
	long := strings.Repeat("x", 600)
	for name, change := range map[string]func(e *leaf.Entry){
		"purpose": func(e *leaf.Entry) { e.Purpose = long },
		"field":   func(e *leaf.Entry) { e.Fields = []id.Name{id.Name(long)} },
		"detail":  func(e *leaf.Entry) { e.Detail = map[string]string{"a": long} },
		"fields":  func(e *leaf.Entry) { e.Fields = make([]id.Name, 1000) },
	} {
		e := good
		if change(&e); !errors.Is(e.Check(), leaf.ErrTooLarge) {
			t.Errorf("a long %s passes", name)
		}
	}
	a := leaf.ActorOf(actor.Actor{Agent: long, Address: netip.MustParseAddr("::ffff:192.0.2.1")})
	if len(a.Agent) > 512 || a.Address != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("%d bytes of agent, %s", len(a.Agent), a.Address)
	}
	bad := good
	bad.Reason = "\xff"
	if _, _, err := leaf.AppendDetails(nil, [leaf.SaltSize]byte{}, &bad, nil); !errors.Is(err, leaf.ErrMalformed) {
		t.Errorf("text that is not UTF-8: %v", err)
	}
}

// Codes and class numbers stand in old logs: this list only grows.
func TestOperationsAreClosed(t *testing.T) {
	all := leaf.Operations()
	if len(all) < 50 {
		t.Fatalf("%d operations", len(all))
	}
	seen := map[leaf.Operation]bool{}
	for _, op := range all {
		if seen[op] || !op.Known() || op.Class().String() == "" {
			t.Errorf("%s is there twice or without a class", op)
		}
		seen[op] = true
	}
	if leaf.Operation("x").Known() || leaf.Operation("x").Class() != 0 {
		t.Error("any word is known")
	}
	want := []actor.Kind{0, 1, 2, 3, 4}
	if got := []actor.Kind{actor.Anonymous, actor.Staff, actor.Member, actor.Service, actor.System}; !slices.Equal(got, want) {
		t.Errorf("kinds of actors were renumbered: %v; logs keep the numbers", got)
	}
}

func BenchmarkAppendDetails(b *testing.B) {
	e := leaf.Entry{Operation: leaf.RecordRead, Outcome: leaf.Done, Object: id.Raw{1}, Kind: "record", Collection: "participants", Purpose: "support",
		Actor:   leaf.Actor{Kind: actor.Service, Ref: id.NewToken().String(), Tenant: id.NewTenant(), Address: netip.MustParseAddr("192.0.2.1"), Agent: "garant-cli/1.0"},
		Request: id.NewRequest(), Fields: []id.Name{"email", "name"}}
	var buf []byte
	var keys []string
	b.ReportAllocs()
	for b.Loop() {
		buf, keys, _ = leaf.AppendDetails(buf[:0], [leaf.SaltSize]byte{}, &e, keys)
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}
