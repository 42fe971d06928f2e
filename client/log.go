package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Log is the audit log of one placement of a tenant.
type Log struct {
	c         *Client
	path      string
	placement string
}

// Log is the audit log of the tenant's main placement. It asks nothing.
func (t *Tenant) Log() *Log { return &Log{c: t.c, path: t.path + "/log"} }

// LogOf is the audit log of a placement.
func (t *Tenant) LogOf(placement string) *Log {
	return &Log{c: t.c, path: t.path + "/log", placement: placement}
}

// Entry is one act as the log tells of it.
type Entry struct {
	Seq         uint64            `json:"seq"`
	Leaf        string            `json:"leaf"` // hash, base64
	At          time.Time         `json:"at"`
	Behind      int64             `json:"clock_behind_us,omitzero"` // microseconds
	Actor       EntryActor        `json:"actor"`
	Operation   string            `json:"operation"`
	Kind        string            `json:"kind,omitzero"`
	Object      string            `json:"object,omitzero"`
	Collection  string            `json:"collection,omitzero"`
	Purpose     string            `json:"purpose,omitzero"`
	Ticket      string            `json:"ticket,omitzero"`
	Outcome     string            `json:"outcome"` // done, refused, failed
	Reason      string            `json:"reason,omitzero"`
	Request     string            `json:"request,omitzero"`
	Row         string            `json:"row,omitzero"` // SHA-256, hexadecimal
	PreviousSeq *uint64           `json:"previous_seq,omitzero"`
	Fields      []string          `json:"fields,omitzero"`
	Count       int64             `json:"count,omitzero"`
	Detail      map[string]string `json:"detail,omitzero"`
}

// EntryActor is who acted.
type EntryActor struct {
	Kind    string `json:"kind"`
	Ref     string `json:"ref,omitzero"`
	Tenant  string `json:"tenant,omitzero"`
	Address string `json:"address,omitzero"`
	Agent   string `json:"agent,omitzero"`
	Session string `json:"session,omitzero"`
	Device  string `json:"device,omitzero"`
}

// EntryPage is some entries of a log.
type EntryPage struct {
	Placement   string  `json:"placement"`
	Origin      string  `json:"origin"`
	Size        uint64  `json:"size"`
	PrunedBelow uint64  `json:"pruned_below,omitzero"`
	Entries     []Entry `json:"entries"`
	Next        uint64  `json:"next"` // where the same query goes on: From, or To with Newest
	More        bool    `json:"more"`
}

// EntryQuery says which entries are wanted; zero values ask for nothing in
// particular.
type EntryQuery struct {
	From, To     uint64 // To exclusive
	Since, Until time.Time
	Operations   []string
	Object       string
	Actor        string
	Collection   string
	Outcome      string
	Request      string
	Newest       bool // newest first
	Limit        int
}

func (q EntryQuery) values() url.Values {
	v := url.Values{}
	for name, text := range map[string]string{"object": q.Object, "actor": q.Actor, "collection": q.Collection,
		"outcome": q.Outcome, "request": q.Request, "since": stamp(q.Since), "until": stamp(q.Until),
		"from": positive(q.From), "to": positive(q.To), "limit": positive(uint64(max(q.Limit, 0)))} {
		if text != "" {
			v.Set(name, text)
		}
	}
	for _, op := range q.Operations {
		v.Add("operation", op)
	}
	if q.Newest {
		v.Set("order", "newest")
	}
	return v
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func positive(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// at is an address below the log, with the placement.
func (l *Log) at(path string, v url.Values) string {
	if l.placement != "" {
		if v == nil {
			v = url.Values{}
		}
		v.Set("placement", l.placement)
	}
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return l.path + path
}

// Entries shows entries. The reading is itself logged.
func (l *Log) Entries(ctx context.Context, q EntryQuery) (EntryPage, error) {
	var out EntryPage
	_, err := l.c.send(ctx, request{method: http.MethodGet, path: l.at("/entries", q.values())}, &out)
	return out, err
}

// Entry shows one entry with its proof. The reading is itself logged.
func (l *Log) Entry(ctx context.Context, seq uint64) (Proof, error) {
	return l.proof(ctx, "/entries/"+strconv.FormatUint(seq, 10))
}

// Prove proves that an entry is in the log and shows nothing of it.
func (l *Log) Prove(ctx context.Context, seq uint64) (Proof, error) {
	return l.proof(ctx, "/entries/"+strconv.FormatUint(seq, 10)+"/proof")
}

func (l *Log) proof(ctx context.Context, path string) (Proof, error) {
	var raw []byte
	if _, err := l.c.send(ctx, request{method: http.MethodGet, path: l.at(path, nil)}, &raw); err != nil {
		return Proof{}, err
	}
	return ParseProof(raw)
}

// Checkpoint asks for a freshly signed head of the log: a signed note of C2SP
// tlog-checkpoint. Keep it: it is what shows later that nothing was rewritten.
func (l *Log) Checkpoint(ctx context.Context) (string, error) {
	var raw []byte
	_, err := l.c.send(ctx, request{method: http.MethodGet, path: l.at("/checkpoint", nil)}, &raw)
	return string(raw), err
}

// Key asks for the public key of the log's checkpoints. Compare it with the one on
// the trust page before relying on it.
func (l *Log) Key(ctx context.Context) (string, error) {
	var raw []byte
	_, err := l.c.send(ctx, request{method: http.MethodGet, path: l.at("/key", nil)}, &raw)
	return strings.TrimSpace(string(raw)), err
}

// Continues asks for the proof that the log continues a checkpoint that was kept.
func (l *Log) Continues(ctx context.Context, kept string) (Proof, error) {
	in := struct {
		Checkpoint string `json:"checkpoint"`
	}{kept}
	var raw []byte
	if _, err := l.c.send(ctx, request{method: http.MethodPost, path: l.at(":consistency", nil), in: in}, &raw); err != nil {
		return Proof{}, err
	}
	return ParseProof(raw)
}

// Verification is what reading the whole log again found.
type Verification struct {
	Origin      string    `json:"origin"`
	OK          bool      `json:"ok"`
	Size        uint64    `json:"size"`
	Root        string    `json:"root"`
	Hashed      uint64    `json:"hashed"`
	Opened      uint64    `json:"opened"`
	PrunedBelow uint64    `json:"pruned_below"`
	Tiles       uint64    `json:"tiles"`
	Checkpoints int       `json:"checkpoints"`
	Rows        uint64    `json:"rows"`
	FirstAt     time.Time `json:"first_at,omitzero"`
	LastAt      time.Time `json:"last_at,omitzero"`
	Problems    uint64    `json:"problems"`
	Culprits    []Culprit `json:"culprits"`
	Checkpoint  string    `json:"checkpoint,omitzero"`
	Key         string    `json:"key,omitzero"`
}

// Culprit is one place where something is wrong.
type Culprit struct {
	Fault  string `json:"fault"`
	Seq    uint64 `json:"seq"`
	Count  uint64 `json:"count"`
	Object string `json:"object,omitzero"`
}

// Verify has the server read its whole log again.
func (l *Log) Verify(ctx context.Context) (Verification, error) {
	var out Verification
	_, err := l.c.send(ctx, request{method: http.MethodPost, path: l.at(":verify", nil)}, &out)
	return out, err
}

// Period says which entries a case bundle is about.
type Period struct {
	Since, Until time.Time // Until exclusive
	From, To     uint64    // To exclusive
	Sealed       bool      // leaves the details closed
}

// Bundle writes a case bundle, a zip archive that garant-verify checks offline.
func (l *Log) Bundle(ctx context.Context, p Period, dst io.Writer) (int64, error) {
	v := EntryQuery{Since: p.Since, Until: p.Until, From: p.From, To: p.To}.values()
	if p.Sealed {
		v.Set("sealed", "true")
	}
	return l.c.download(ctx, request{method: http.MethodGet, path: l.at(":bundle", v)}, dst)
}

// Tile reads a tile of C2SP tlog-tiles by its path ("tile/0/000", "tile/entries/000.p/17").
func (l *Log) Tile(ctx context.Context, path string) ([]byte, error) {
	var raw []byte
	_, err := l.c.send(ctx, request{method: http.MethodGet, path: l.at("/"+strings.TrimPrefix(path, "/"), nil)}, &raw)
	return raw, err
}
