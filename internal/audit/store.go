package audit

import (
	"encoding/binary"
	"fmt"
	"iter"

	"garant.example/internal/audit/leaf"
	"garant.example/internal/db"
	"garant.example/internal/spec/tlog"
)

// head is the row of audit_head.
type head struct {
	size uint64
	root Hash
	last int64 // time of the last entry, µs
}

// segmentRow is a row of audit_segment.
type segmentRow struct {
	first           uint64
	count           int
	atFirst, atLast int64
	body            []byte
}

// tile is a row of audit_tile: a full tile and the root over it.
type tile struct {
	level  int
	n      uint64
	root   Hash
	hashes []byte
}

// readHead reads the head; with lock it keeps other nodes' groups out until the
// transaction ends (SQLite has one writer anyway).
func readHead(tx db.Tx, lock bool) (head, error) {
	query := `SELECT size, root, at_last FROM audit_head WHERE one = 1`
	if lock && tx.Engine() == db.Postgres {
		query = `SELECT size, root, at_last FROM audit_head WHERE one = 1 FOR UPDATE`
	}
	var size int64
	var root []byte
	var h head
	if err := tx.Row(query).Scan(&size, &root, &h.last); err != nil {
		return head{}, err
	}
	if len(root) != tlog.HashSize || size < 0 {
		return head{}, fmt.Errorf("%w: head", ErrBack)
	}
	h.size, h.root = uint64(size), Hash(root)
	return h, nil
}

func updateHead(tx db.Tx, h head) error {
	return tx.Queue(`UPDATE audit_head SET size = ?1, root = ?2, at_last = ?3 WHERE one = 1`, int64(h.size), h.root[:], h.last)
}

func insertSegment(tx db.Tx, s segmentRow) error {
	return tx.Queue(`INSERT INTO audit_segment (first_seq, count, at_first, at_last, body) VALUES (?1, ?2, ?3, ?4, ?5)`,
		int64(s.first), int64(s.count), s.atFirst, s.atLast, s.body)
}

func insertTile(tx db.Tx, t tile) error {
	return tx.Queue(`INSERT INTO audit_tile (level, n, root, hashes) VALUES (?1, ?2, ?3, ?4)`, int64(t.level), int64(t.n), t.root[:], t.hashes)
}

// segments gives, in order, the segments that hold entries of [from, to).
func segments(tx db.Tx, from, to uint64) iter.Seq2[segmentRow, error] {
	return scanSegments(tx, `SELECT first_seq, count, at_first, at_last, body FROM audit_segment
		WHERE first_seq >= COALESCE((SELECT MAX(first_seq) FROM audit_segment WHERE first_seq <= ?1), ?1) AND first_seq < ?2
		ORDER BY first_seq`, from, to)
}

// segmentsBack gives the same, newest first.
func segmentsBack(tx db.Tx, from, to uint64) iter.Seq2[segmentRow, error] {
	return scanSegments(tx, `SELECT first_seq, count, at_first, at_last, body FROM audit_segment
		WHERE first_seq >= COALESCE((SELECT MAX(first_seq) FROM audit_segment WHERE first_seq <= ?1), ?1) AND first_seq < ?2
		ORDER BY first_seq DESC`, from, to)
}

func scanSegments(tx db.Tx, query string, from, to uint64) iter.Seq2[segmentRow, error] {
	return func(yield func(segmentRow, error) bool) {
		for row, err := range tx.Rows(query, int64(from), int64(to)) {
			var s segmentRow
			var first, count int64
			if err == nil {
				err = row.Scan(&first, &count, &s.atFirst, &s.atLast, &s.body)
			}
			s.first, s.count = uint64(first), int(count)
			if s.first+uint64(s.count) <= from && err == nil {
				continue // the segment before from, when from itself is missing
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// leafHashes computes the leaf hashes of [from, to) from their segments, which
// must be there in full.
func leafHashes(tx db.Tx, from, to uint64) ([]Hash, error) {
	hashes := make([]Hash, 0, tlog.TileWidth)
	if from == to {
		return hashes, nil
	}
	hasher, content := leaf.NewHasher(), make([]byte, 0, 32)
	for s, err := range segments(tx, from, to) {
		if err != nil {
			return nil, err
		}
		err := s.each(func(seq uint64, e stored) error {
			if seq < from || seq >= to {
				return nil
			}
			if seq != from+uint64(len(hashes)) {
				return fmt.Errorf("%w: entry %d missing", ErrBack, from+uint64(len(hashes)))
			}
			content = hasher.AppendContent(content[:0], e.bound)
			hashes = append(hashes, hasher.Leaf(e.header, content))
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBack, err)
		}
	}
	if uint64(len(hashes)) != to-from {
		return nil, fmt.Errorf("%w: entry %d missing", ErrBack, from+uint64(len(hashes)))
	}
	return hashes, nil
}

// tileRoots reads the roots of full tiles [from, to) of a level.
func tileRoots(tx db.Tx, level int, from, to uint64) ([]Hash, error) {
	roots := make([]Hash, 0, tlog.TileWidth)
	if from == to {
		return roots, nil
	}
	for row, err := range tx.Rows(`SELECT n, root FROM audit_tile WHERE level = ?1 AND n >= ?2 AND n < ?3 ORDER BY n`, int64(level), int64(from), int64(to)) {
		if err != nil {
			return nil, err
		}
		var n int64
		var root []byte
		if err := row.Scan(&n, &root); err != nil {
			return nil, err
		}
		if uint64(n) != from+uint64(len(roots)) || len(root) != tlog.HashSize {
			break
		}
		roots = append(roots, Hash(root))
	}
	if uint64(len(roots)) != to-from {
		return nil, fmt.Errorf("%w: tile %d of level %d missing", ErrBack, from+uint64(len(roots)), level)
	}
	return roots, nil
}

// tileHashes reads one full tile.
func tileHashes(tx db.Tx, level int, n uint64) ([]Hash, error) {
	var b []byte
	if err := tx.Row(`SELECT hashes FROM audit_tile WHERE level = ?1 AND n = ?2`, int64(level), int64(n)).Scan(&b); err != nil {
		return nil, err
	}
	hashes, err := split(b)
	if err != nil {
		return nil, fmt.Errorf("%w: tile %d of level %d", err, n, level)
	}
	return hashes, nil
}

// segmentAt reads the segment that holds an entry.
func segmentAt(tx db.Tx, seq uint64) (segmentRow, error) {
	for s, err := range segments(tx, seq, seq+1) {
		if err == nil && (seq < s.first || seq >= s.first+uint64(s.count)) {
			break
		}
		return s, err
	}
	return segmentRow{}, fmt.Errorf("%w: entry %d missing", ErrBack, seq)
}

// entryTile reads leaf data of [from, to), each behind its length.
func entryTile(tx db.Tx, from, to uint64) ([]byte, error) {
	below, err := readPruned(tx)
	if err != nil {
		return nil, err
	}
	if from < below {
		return nil, pruned(from)
	}
	var b []byte
	hasher, next := leaf.NewHasher(), from
	for s, err := range segments(tx, from, to) {
		if err != nil {
			return nil, err
		}
		err := s.each(func(seq uint64, e stored) error {
			if seq == next && seq < to {
				b = append(binary.BigEndian.AppendUint16(b, leaf.Size), e.data(hasher)...)
				next++
			}
			return nil
		})
		if err != nil {
			return nil, damaged(err)
		}
	}
	if next != to {
		return nil, fmt.Errorf("%w: entry %d missing", ErrBack, next)
	}
	return b, nil
}

// readPruned reads below which number entries were removed.
func readPruned(tx db.Tx) (uint64, error) {
	var below int64
	err := tx.Row(`SELECT below FROM audit_pruned WHERE one = 1`).Scan(&below)
	return uint64(below), err
}

// kept is a row of audit_kept.
type kept struct {
	seq  uint64
	data []byte
}

// keptLeaves gives the kept leaf data of [from, to).
func keptLeaves(tx db.Tx, from, to uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		for row, err := range tx.Rows(`SELECT seq, leaf FROM audit_kept WHERE seq >= ?1 AND seq < ?2 ORDER BY seq`, int64(from), int64(to)) {
			var k kept
			var seq int64
			if err == nil {
				err = row.Scan(&seq, &k.data)
			}
			k.seq = uint64(seq)
			if !yield(k, err) || err != nil {
				return
			}
		}
	}
}
