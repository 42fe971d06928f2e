package api

import (
	"iter"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/spec/tlog"
	"garant.example/internal/web"
)

// Verification is what reading the whole log again found.
type Verification struct {
	Origin      string    `json:"origin"`
	OK          bool      `json:"ok"`
	Size        uint64    `json:"size"`
	Root        string    `json:"root" format:"byte"`
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

// Rows gives every logged row of a placement, for comparing them with the log.
type Rows = iter.Seq2[audit.Row, error]

func checkpoint(c *call) error {
	_, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	point, err := log.Checkpoint(c.r.Context())
	if err != nil {
		return err
	}
	return c.raw(point.Note)
}

// raw answers bytes with the route's media type.
func (c *call) raw(b []byte) error {
	c.w.Header().Set("Content-Type", c.route.Answer)
	c.w.WriteHeader(c.route.Status)
	_, err := c.w.Write(b)
	return err
}

// verifierKey answers the public key of the log's checkpoints. Whoever relies on a
// proof compares it with the one on the trust page, once.
func verifierKey(c *call) error {
	_, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	return c.raw([]byte(log.VerifierKey() + "\n"))
}

// proveEntry proves that an entry is in the log and shows nothing of it.
func proveEntry(c *call) error {
	seq, err := c.sequence()
	if err != nil {
		return err
	}
	_, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	file, err := log.InclusionFile(c.r.Context(), seq, false)
	if err != nil {
		return err
	}
	return c.answer(file)
}

// readEntry shows an entry with its proof.
func readEntry(c *call) error {
	seq, err := c.sequence()
	if err != nil {
		return err
	}
	p, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	file, err := log.InclusionFile(c.r.Context(), seq, true)
	if err != nil {
		return err
	}
	seen := p.Entry(audit.LogRead)
	seen.Count = 1
	if _, err := log.Append(c.r.Context(), seen); err != nil {
		return err
	}
	return c.answer(file)
}

// KeptCheckpoint is a signed checkpoint that somebody kept.
type KeptCheckpoint struct {
	Checkpoint string `json:"checkpoint"`
}

func proveConsistency(c *call) error {
	_, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	var in KeptCheckpoint
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	file, err := log.ConsistencyFile(c.r.Context(), []byte(in.Checkpoint))
	if err != nil {
		return err
	}
	return c.answer(file)
}

func exportBundle(c *call) error {
	v, e := c.r.URL.Query(), errs.New(errs.Invalid, "api.bad.query")
	period := audit.Period{Since: moment(e, v, "since"), Until: moment(e, v, "until"),
		From: number(e, v, "from", 1<<63), To: number(e, v, "to", 1<<63), Sealed: yes(e, v, "sealed")}
	if len(e.Fields) > 0 {
		return e
	}
	p, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	if _, err := log.Append(c.r.Context(), p.Entry(audit.LogExport)); err != nil {
		return err
	}
	out := &begun{ResponseWriter: c.w, kind: c.route.Answer, name: "garant-case.zip"}
	_, err = log.Bundle(c.r.Context(), out, period)
	return c.whole(out, err)
}

// readTile serves the tiles of C2SP tlog-tiles: hashes of the tree, and bundles
// of leaf data, which hold opaque ids and hashes and no detail of any act.
func readTile(c *call) error {
	tile, err := tlog.ParseTile("tile/" + c.r.PathValue("tile"))
	if err != nil {
		return errs.New(errs.NotFound, "api.tile.unknown")
	}
	_, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	var b []byte
	if tile.Entries {
		b, err = log.EntryTile(c.r.Context(), tile.N, tile.Width)
	} else {
		b, err = log.Tile(c.r.Context(), int(tile.Level), tile.N, tile.Width)
	}
	if err != nil {
		return err
	}
	return c.raw(b)
}

func verifyLog(c *call) error {
	p, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	ctx := c.r.Context()
	report, err := log.Verify(ctx, audit.VerifyOptions{})
	if err != nil {
		return err
	}
	out := verificationOf(report)
	if c.api.Rows != nil {
		rows, err := log.VerifyRows(ctx, c.api.Rows(ctx, p.Tenant(), c.placement()))
		if err != nil {
			return err
		}
		out.Rows = rows.Rows
		out.Problems += rows.Problems
		out.Culprits = append(out.Culprits, culpritsOf(rows.Culprits)...)
		out.OK = out.OK && rows.OK()
	}
	if out.OK {
		point, err := log.Checkpoint(ctx)
		if err != nil {
			return err
		}
		out.Checkpoint, out.Key = string(point.Note), log.VerifierKey()
	}
	return c.answer(out)
}

func verificationOf(r audit.Report) Verification {
	return Verification{Origin: r.Origin, OK: r.OK(), Size: r.Size, Root: base64Of(r.Root[:]), Hashed: r.Hashed, Opened: r.Opened,
		PrunedBelow: r.PrunedBelow, Tiles: r.Tiles, Checkpoints: r.Checkpoints, FirstAt: r.First, LastAt: r.Last,
		Problems: r.Problems, Culprits: culpritsOf(r.Culprits)}
}

func culpritsOf(list []audit.Culprit) []Culprit {
	out := make([]Culprit, 0, len(list))
	for _, k := range list {
		out = append(out, Culprit{Fault: string(k.Fault), Seq: k.Seq, Count: k.Count, Object: objectID("", k.Object)})
	}
	return out
}
