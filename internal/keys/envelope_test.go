package keys_test

import (
	"context"
	"errors"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/keys"
)

func FuzzParseHeader(f *testing.F) {
	good := append([]byte{1, 1, 0, 0, 0, 0, 0, 0, 1, 7, 0, 1}, make([]byte, 40)...)
	f.Add(good)
	f.Add(good[:39])
	f.Add([]byte{})
	f.Add(append([]byte{1, 1, 0x40, 0, 0, 0, 0, 0, 0, 3, 0, 9}, make([]byte, 28)...))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		h, err := keys.ParseHeader(sealed)
		if err != nil {
			if !errors.Is(err, keys.ErrEnvelope) || h != (keys.Header{}) {
				t.Fatalf("%+v, %v", h, err)
			}
			return
		}
		if len(sealed) < keys.Overhead || h.Algorithm.KeyBits() != 256 || h.Ref == 0 || h.Ref.Int64() < 0 || h.Version == 0 ||
			keys.RefOf(h.Ref.Int64()) != h.Ref {
			t.Fatalf("%+v", h)
		}
	})
}

func BenchmarkSealOpen1KB(b *testing.B) {
	w := newWorld(b, sqliteEngine())
	k := w.ring(w.rings(func(o *keys.Options) { o.Clock = clock.System() }))
	ref := must(k.NewSubject(context.Background()))(b)
	plain, ad := make([]byte, 1024), make([]byte, 64)
	var sealed, out []byte
	b.ReportAllocs()
	b.SetBytes(1024)
	for b.Loop() {
		var err error
		if sealed, err = k.Seal(sealed[:0], ref, plain, ad); err != nil {
			b.Fatal(err)
		}
		if out, err = k.Open(out[:0], sealed, ad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewSubjectAndSeal(b *testing.B) {
	w := newWorld(b, sqliteEngine())
	k := w.ring(w.rings(func(o *keys.Options) { o.Clock = clock.System() }))
	plain, ad := make([]byte, 1024), make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		ref := must(k.NewSubject(context.Background()))(b)
		must(k.Seal(nil, ref, plain, ad))(b)
	}
}
