package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Record is one record as a caller sees it.
type Record struct {
	ID         id.Record
	Collection id.Name
	Subject    id.Subject // zero when the record is about nobody
	State      id.Name    // zero without a life cycle
	Version    int64
	Created    time.Time
	Updated    time.Time
	Restricted bool
	Fields     []byte    // JSON object of what may be shown
	Masked     []id.Name // fields that have a value which is not shown
	Leaf       uint64    // sequence number of the leaf of its last change

	hash [32]byte
}

// ETag names this version of the record: any change gives another.
func (r Record) ETag() string { return etag(r.Version, r.hash) }

func etag(version int64, h [32]byte) string {
	return `"` + strconv.FormatInt(version, 10) + "-" + hex.EncodeToString(h[:6]) + `"`
}

// ErrStale is what If-Match refuses with.
func stale() error {
	return errs.New(errs.Stale, "vault.record.stale").Do("vault.record.stale.fix")
}

// flags of a row.
const (
	flagRestricted = 1 << iota
	flagCanary
)

// row is a record as the database keeps it.
type row struct {
	n        int64
	id       id.Record
	subject  id.Subject // zero for AboutSelf (the record is its own subject) and AboutNobody
	created  int64      // microseconds
	updated  int64
	version  int64
	state    string
	flags    int64
	open     []byte // JSON object of the open fields
	leaf     int64
	body     []byte // sealed JSON object of all fields
	collects *Collection
}

// hash is what the leaf of a change says of the row. The number of the leaf is
// not in it: the leaf comes first.
func (r *row) hash() [32]byte {
	h := sha256.New()
	var fixed [8 * 6]byte
	binary.BigEndian.PutUint64(fixed[0:], uint64(r.n))
	binary.BigEndian.PutUint64(fixed[8:], uint64(r.created))
	binary.BigEndian.PutUint64(fixed[16:], uint64(r.updated))
	binary.BigEndian.PutUint64(fixed[24:], uint64(r.version))
	binary.BigEndian.PutUint64(fixed[32:], uint64(r.flags))
	h.Write([]byte("garant/row/1\x00"))
	h.Write(fixed[:40])
	h.Write(r.id.Raw[:])
	h.Write(r.subject.Raw[:])
	part(h, []byte(r.state))
	part(h, r.open)
	part(h, r.body)
	var sum [32]byte
	h.Sum(sum[:0])
	return sum
}

// part adds bytes with their length, so that two parts cannot trade bytes.
func part(h hash.Hash, b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	h.Write(n[:])
	h.Write(b)
}

// about is the person the row is about; zero for nobody.
func (r *row) about() id.Subject {
	switch r.collects.About {
	case AboutSelf:
		return id.Subject{Raw: r.id.Raw}
	default:
		return r.subject
	}
}

// sealAD binds the sealed body to its place: tenant, collection, record, version.
func sealAD(t id.Tenant, c *Collection, r id.Record, version int64) []byte {
	ad := make([]byte, 0, 16+len(c.Name)+1+16+8)
	ad = append(ad, t.Raw[:]...)
	ad = append(ad, c.Name...)
	ad = append(ad, 0)
	ad = append(ad, r.Raw[:]...)
	return binary.BigEndian.AppendUint64(ad, uint64(version))
}

// record shows a row's metadata; its fields are filled in by show.
func (r *row) record() Record {
	return Record{ID: r.id, Collection: r.collects.Name, Subject: r.about(), State: id.Name(r.state), Version: r.version,
		Created: time.UnixMicro(r.created).UTC(), Updated: time.UnixMicro(r.updated).UTC(),
		Restricted: r.flags&flagRestricted != 0, Leaf: uint64(r.leaf), hash: r.hash()}
}

// match checks If-Match against the row: "*" or one of a list of entity tags.
func (r *row) match(ifMatch string) error {
	if ifMatch == "" {
		return errs.New(errs.Precondition, "vault.if_match.missing").Do("vault.if_match.missing.fix").
			At("header/If-Match", "vault.if_match.missing", nil)
	}
	if ifMatch == "*" {
		return nil
	}
	own := etag(r.version, r.hash())
	for tag := range strings.SplitSeq(ifMatch, ",") {
		if strings.TrimSpace(tag) == own {
			return nil
		}
	}
	return stale()
}

// firstOf and lastOf bound the keys of a collection's rows.
func firstOf(c *Collection) int64 { return c.Number << numberShift }
func lastOf(c *Collection) int64  { return (c.Number+1)<<numberShift - 1 }

// String is for messages of tests and tools: no field is in it.
func (r Record) String() string { return fmt.Sprintf("%s v%d", r.ID, r.Version) }

func version(n int64) string { return strconv.FormatInt(n, 10) }
