package audit_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/audit/leaf"
)

func (f *fixture) trust() casefile.Trust {
	return casefile.Trust{Keys: []ed25519.PublicKey{f.key.Public().(ed25519.PublicKey)}, Origin: origin}
}

func (f *fixture) bundle(tb testing.TB, p audit.Period) []byte {
	tb.Helper()
	var b bytes.Buffer
	_, err := f.Bundle(context.Background(), &b, p)
	check(tb, err)
	return b.Bytes()
}

func checkBundle(tb testing.TB, b []byte, t casefile.Trust) (casefile.Result, casefile.Manifest) {
	tb.Helper()
	r, m, err := casefile.CheckBundle(bytes.NewReader(b), int64(len(b)), t, nil)
	check(tb, err)
	return r, m
}

// threeDays fills the log with 300 entries on each of three days.
func threeDays(tb testing.TB, f *fixture) (days [3]time.Time) {
	for i := range days {
		days[i] = f.clock.Now()
		for range 30 {
			f.fill(tb, 10, 10)
			f.clock.Advance(time.Minute)
		}
		f.clock.Advance(24*time.Hour - 30*time.Minute)
	}
	return days
}

func TestBundle(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		days := threeDays(t, f)
		cases := []struct {
			name         string
			p            audit.Period
			first, count uint64
			start, end   bool
		}{
			{"all", audit.Period{}, 0, 900, false, true},
			{"middle day", audit.Period{Since: days[1], Until: days[2]}, 300, 300, false, false},
			{"last day", audit.Period{Since: days[2]}, 600, 300, false, true},
			{"numbers", audit.Period{From: 250, To: 260}, 250, 10, false, false},
			{"nothing", audit.Period{Since: days[1].Add(2 * time.Hour), Until: days[2].Add(-time.Hour)}, 600, 0, false, false},
			{"closed", audit.Period{Since: days[1], Until: days[2], Sealed: true}, 300, 300, false, false},
		}
		for _, c := range cases {
			r, m := checkBundle(t, f.bundle(t, c.p), f.trust())
			if !r.OK() || m.First != c.first || r.Entries != c.count || r.Contents != c.count || r.OpenStart != c.start || r.OpenEnd != c.end {
				t.Errorf("%s: %+v of %+v", c.name, r, m)
			}
			if disclosed := r.Disclosed == c.count; disclosed == c.p.Sealed {
				t.Errorf("%s: %d disclosed", c.name, r.Disclosed)
			}
		}
		_, err := f.Prune(context.Background(), audit.ActorOf(platform()), days[1])
		check(t, err)
		r, m := checkBundle(t, f.bundle(t, audit.Period{}), f.trust())
		if !r.OK() || !r.OpenStart || m.First != 300 {
			t.Errorf("after pruning: %+v of %+v", r, m)
		}
	})
}

// unpack and pack let a test change a bundle as an opponent would.
func unpack(tb testing.TB, b []byte) map[string]string {
	tb.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	check(tb, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		check(tb, err)
		body, err := io.ReadAll(r)
		check(tb, err)
		files[f.Name] = string(body)
	}
	return files
}

func pack(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range files {
		w, err := z.Create(name)
		check(tb, err)
		_, err = w.Write([]byte(body))
		check(tb, err)
	}
	check(tb, z.Close())
	return b.Bytes()
}

// resign makes a bundle consistent in itself again, with a key.
func resign(tb testing.TB, f *fixture, files map[string]string, change func(m *casefile.Manifest)) []byte {
	tb.Helper()
	var b bytes.Buffer
	out := casefile.NewBundle(&b)
	for line := range strings.Lines(files[casefile.EntriesName]) {
		var l casefile.Line
		check(tb, decode([]byte(line), &l))
		check(tb, out.Add(l))
	}
	var m casefile.Manifest
	check(tb, decode([]byte(files[casefile.ManifestName]), &m))
	change(&m)
	check(tb, out.Finish(&m, []byte(files[casefile.CheckpointName]), f.sign))
	return b.Bytes()
}

func TestBundleTampering(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		days := threeDays(t, f)
		good := f.bundle(t, audit.Period{Since: days[1], Until: days[2]})
		lines := func(files map[string]string) []string {
			return strings.SplitAfter(strings.TrimSuffix(files[casefile.EntriesName], "\n"), "\n")
		}
		cut := func(files map[string]string, from, to int) {
			l := lines(files)
			files[casefile.EntriesName] = strings.Join(slices.Delete(l, from, to), "")
		}
		// Each opponent holds the operator's key, except the last two.
		cases := map[string]struct {
			code casefile.Code
			do   func(files map[string]string) []byte
		}{
			"entry left out": {casefile.BadOrder, func(files map[string]string) []byte {
				cut(files, 5, 6)
				return resign(t, f, files, func(*casefile.Manifest) {})
			}},
			"end left out": {casefile.BadInclusion, func(files map[string]string) []byte {
				cut(files, 295, 302)
				return resign(t, f, files, func(m *casefile.Manifest) { m.Count -= 7; m.After = true })
			}},
			"boundary left out": {casefile.BadForm, func(files map[string]string) []byte {
				cut(files, 0, 1)
				return resign(t, f, files, func(m *casefile.Manifest) { m.Before = false })
			}},
			"entries exchanged": {casefile.BadOrder, func(files map[string]string) []byte {
				l := lines(files)
				l[7], l[8] = l[8], l[7]
				files[casefile.EntriesName] = strings.Join(l, "")
				return resign(t, f, files, func(*casefile.Manifest) {})
			}},
			"another actor shown": {casefile.BadDetails, func(files map[string]string) []byte {
				files[casefile.EntriesName] = strings.Replace(files[casefile.EntriesName], `"ref":"test"`, `"ref":"nobody"`, 1)
				return resign(t, f, files, func(*casefile.Manifest) {})
			}},
			"period made longer": {casefile.BadComplete, func(files map[string]string) []byte {
				return resign(t, f, files, func(m *casefile.Manifest) { m.Until = m.Until.Add(time.Hour) })
			}},
			"period made shorter": {casefile.BadTime, func(files map[string]string) []byte {
				return resign(t, f, files, func(m *casefile.Manifest) { m.Until = m.Since.Add(time.Minute) })
			}},
			"file changed, not signed": {casefile.BadFile, func(files map[string]string) []byte {
				files[casefile.EntriesName] += "\n"
				return pack(t, files)
			}},
			"signed by another key": {casefile.BadSignature, func(files map[string]string) []byte {
				_, key, err := ed25519.GenerateKey(rand.Reader)
				check(t, err)
				other := *f
				other.key = key
				return resign(t, &other, files, func(*casefile.Manifest) {})
			}},
		}
		for name, c := range cases {
			r, _ := checkBundle(t, c.do(unpack(t, good)), f.trust())
			if !slices.ContainsFunc(r.Findings, func(f casefile.Finding) bool { return f.Code == c.code }) {
				t.Errorf("%s: want %s, got %+v", name, c.code, r.Findings)
			}
		}
		if r, _ := checkBundle(t, resign(t, f, unpack(t, good), func(*casefile.Manifest) {}), f.trust()); !r.OK() {
			t.Errorf("the forger's tool alone breaks a bundle: %+v", r.Findings)
		}
	})
}

func TestProofFiles(t *testing.T) {
	eachEngine(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		document := []byte(`{"kept":true}`)
		f.fill(t, 300, 20)
		older, err := f.Checkpoint(ctx)
		check(t, err)
		e := entry(audit.ControlRun, leafObject())
		e.Row = leaf.Document(document)
		seq, err := f.Append(ctx, e)
		check(t, err)
		f.fill(t, 30, 20)

		inclusion, err := f.InclusionFile(ctx, seq, true)
		check(t, err)
		evidence, err := f.EvidenceFile(ctx, seq, document)
		check(t, err)
		consistency, err := f.ConsistencyFile(ctx, older.Note)
		check(t, err)
		closed, err := f.InclusionFile(ctx, 17, false)
		check(t, err)
		for i, b := range [][]byte{marshal(t, inclusion), marshal(t, evidence), marshal(t, consistency), marshal(t, closed)} {
			r, err := casefile.Check(b, f.trust())
			check(t, err)
			if !r.OK() {
				t.Errorf("file %d: %+v", i, r)
			}
			if r, err := casefile.Check(b, casefile.Trust{Keys: f.trust().Keys, Origin: "elsewhere.example"}); err != nil || r.OK() {
				t.Errorf("file %d is taken for another log's", i)
			}
		}
		evidence.Document = []byte(`{"kept":false}`)
		inclusion.Content.Seq++
		closed.Content.Sealed[3] ^= 1
		consistency.Proof = consistency.Proof[1:]
		for code, b := range map[casefile.Code][]byte{casefile.BadDocument: marshal(t, evidence), casefile.BadInclusion: marshal(t, inclusion),
			casefile.BadContent: marshal(t, closed), casefile.BadConsistency: marshal(t, consistency)} {
			r, err := casefile.Check(b, f.trust())
			check(t, err)
			if fmt.Sprint(r.Findings[0].Code) != string(code) {
				t.Errorf("want %s, got %+v", code, r.Findings)
			}
		}
		if _, err := f.EvidenceFile(ctx, seq, []byte("other")); err == nil {
			t.Error("evidence for another document")
		}
	})
}
