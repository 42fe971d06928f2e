package casefile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"time"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/spec/tlog"
)

// Bounds of a bundle, in bytes. The entries are read as a stream.
const (
	maxSmall = 1 << 20
	maxLine  = 1 << 20
)

// CheckBundle checks a case bundle. ErrFormat when the archive is none; progress
// hears of entries checked out of those promised, and may be nil.
func CheckBundle(r io.ReaderAt, size int64, t Trust, progress func(done, total uint64)) (Result, Manifest, error) {
	files, err := bundleFiles(r, size)
	if err != nil {
		return Result{}, Manifest{}, err
	}
	c := bundleCheck{result: Result{Kind: "bundle"}, progress: progress}
	if !c.begin(files, t) {
		return c.result, c.m, nil
	}
	if err := c.entries(files[EntriesName]); err != nil {
		return Result{}, c.m, err
	}
	c.end()
	return c.result, c.m, nil
}

// bundleFiles opens the archive and insists on exactly the files of a bundle.
func bundleFiles(r io.ReaderAt, size int64) (map[string]*zip.File, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errors.Join(ErrFormat, err)
	}
	files := map[string]*zip.File{}
	for _, f := range archive.File {
		switch f.Name {
		case EntriesName, CheckpointName, ManifestName, NoteName:
		default:
			return nil, ErrFormat
		}
		if files[f.Name] != nil {
			return nil, ErrFormat
		}
		files[f.Name] = f
	}
	if len(files) != 4 {
		return nil, ErrFormat
	}
	return files, nil
}

func small(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, errors.Join(ErrFormat, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxSmall+1))
	if err != nil || len(b) > maxSmall {
		return nil, errors.Join(ErrFormat, err)
	}
	return b, nil
}

// bundleCheck is the state of one check.
type bundleCheck struct {
	result   Result
	m        Manifest
	tree     *tlog.RangeCheck
	root     tlog.Hash
	next     uint64 // number that the next line must have
	last     time.Time
	sum      hash.Hash
	progress func(done, total uint64)
}

// begin checks manifest and signatures; false when nothing can be built on them.
func (c *bundleCheck) begin(files map[string]*zip.File, t Trust) bool {
	manifest, err1 := small(files[ManifestName])
	note, err2 := small(files[NoteName])
	checkpoint, err3 := small(files[CheckpointName])
	if errors.Join(err1, err2, err3) != nil || unmarshal(manifest, &c.m) != nil || c.m.Format != FormatBundle {
		c.result.fail(BadForm, ManifestName)
		return false
	}
	text, err := tlog.Open(note, c.m.Origin, t.Keys...)
	switch {
	case err != nil:
		c.result.fail(BadSignature, NoteName)
	case text != noteText(c.m.Origin, manifest):
		c.result.fail(BadFile, ManifestName)
	}
	cp, ok := c.result.open(string(checkpoint), c.m.Origin, t)
	if ok && (cp.Size != c.m.Size || cp.Root != c.m.Root) {
		c.result.fail(BadOrigin, CheckpointName)
	}
	c.root = c.m.Root
	if ok {
		c.root = cp.Root
	}
	from, to, ok := c.m.span()
	if !ok {
		c.result.fail(BadForm, "period")
		return false
	}
	tree, err := tlog.CheckRange(tlog.RangeProof{Left: c.m.Left, Right: c.m.Right}, from, to, c.m.Size)
	if err != nil {
		c.result.fail(BadComplete, "proof")
		return false
	}
	c.tree, c.next, c.sum = tree, from, sha256.New()
	c.result.OpenStart = !c.m.Before && c.m.First > 0
	c.result.OpenEnd = !c.m.After
	return true
}

// span is the stretch of leaves that the bundle shows, boundaries included. The
// beginning of a period is open only where entries were pruned, its end only
// where the log ends.
func (m *Manifest) span() (from, to uint64, ok bool) {
	from, to = m.First, m.First+m.Count
	if to < from || to > m.Size {
		return 0, 0, false
	}
	if m.Before {
		if from == 0 {
			return 0, 0, false
		}
		from--
	} else if from > 0 && from > m.PrunedBelow {
		return 0, 0, false
	}
	if m.After {
		to++
	} else if to != m.Size {
		return 0, 0, false
	}
	return from, to, to <= m.Size
}

// entries streams the lines through every check.
func (c *bundleCheck) entries(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return errors.Join(ErrFormat, err)
	}
	defer r.Close()
	lines := bufio.NewScanner(io.TeeReader(r, c.sum))
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		var l Line
		if err := unmarshal(bytes.TrimSpace(lines.Bytes()), &l); err != nil {
			c.result.failAt(BadForm, c.next, EntriesName)
			return nil
		}
		c.line(&l)
	}
	if err := lines.Err(); err != nil {
		c.result.failAt(BadForm, c.next, EntriesName)
	}
	return nil
}

func (c *bundleCheck) line(l *Line) {
	if l.Seq != c.next {
		c.result.failAt(BadOrder, l.Seq, "")
	}
	c.next = l.Seq + 1
	c.tree.Leaf(leaf.Hash(l.Leaf))
	inside := l.Seq >= c.m.First && l.Seq-c.m.First < c.m.Count
	if l.Boundary == inside {
		c.result.failAt(BadComplete, l.Seq, "boundary")
	}
	h, ok := c.result.content(&l.Content)
	if !ok {
		return
	}
	c.time(l.Seq, h, inside)
	if !inside {
		return
	}
	if l.Sealed == nil { // without it the content hash is only a number
		c.result.failAt(BadContent, l.Seq, "")
	}
	c.result.Entries++
	if c.progress != nil && c.result.Entries%1000 == 0 {
		c.progress(c.result.Entries, c.m.Count)
	}
}

// time checks that times never go back, that those of the period lie in it and
// that the boundaries lie outside.
func (c *bundleCheck) time(seq uint64, h leaf.Header, inside bool) {
	if h.At.Before(c.last) {
		c.result.failAt(BadTime, seq, "")
	}
	c.last = h.At
	early := !c.m.Since.IsZero() && h.At.Before(c.m.Since)
	late := !c.m.Until.IsZero() && !h.At.Before(c.m.Until)
	switch {
	case inside && (early || late):
		c.result.failAt(BadTime, seq, "outside the period")
	case !inside && seq < c.m.First && !c.m.Since.IsZero() && !early,
		!inside && seq >= c.m.First && !c.m.Until.IsZero() && !late:
		c.result.failAt(BadComplete, seq, "boundary within the period")
	case h.At.After(c.m.Created):
		c.result.failAt(BadTime, seq, "after the bundle")
	}
	if inside {
		if c.result.First.IsZero() {
			c.result.First = h.At
		}
		c.result.Last = h.At
	}
}

func (c *bundleCheck) end() {
	if !bytes.Equal(c.sum.Sum(nil), c.m.Entries) {
		c.result.fail(BadFile, EntriesName)
	}
	if c.result.Entries != c.m.Count {
		c.result.fail(BadComplete, "")
	}
	if c.tree.Finish(c.root) != nil {
		c.result.fail(BadInclusion, "")
	}
	if c.result.Disclosed != c.m.Disclosed {
		c.result.fail(BadDetails, "number")
	}
}
