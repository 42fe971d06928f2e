package keys

import (
	"errors"
	"iter"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
)

const rotationColumns = `id, level, state, phase, single, last_row, total, done, erased, destroyed, trouble, trouble_at, started_at, ended_at`

// Of each level the row under way, and the latest that ended.
const rotationRows = `SELECT ` + rotationColumns + ` FROM keyring_rotation AS r WHERE state = 'running' OR id =
	(SELECT id FROM keyring_rotation WHERE level = r.level AND state = 'done' AND single = 0 ORDER BY started_at DESC, id DESC LIMIT 1)
	OR id = (SELECT id FROM keyring_rotation WHERE level = r.level AND state = 'done' ORDER BY started_at DESC, id DESC LIMIT 1)
	ORDER BY level, started_at`

func readRotations(tx db.Tx) (out []Rotation, err error) {
	for row, err := range tx.Rows(rotationRows) {
		if err != nil {
			return nil, err
		}
		var r Rotation
		var raw []byte
		var level, state, phase, trouble string
		var single, started, ended int64
		err := row.Scan(&raw, &level, &state, &phase, &single, &r.LastRow, &r.Total, &r.Done, &r.Erased, &r.Destroyed,
			&trouble, &r.TroubleAt, &started, &ended)
		if err != nil {
			return nil, err
		}
		parsed, err := id.FromBytes(raw)
		if err != nil {
			return nil, corrupt("keys.store_damaged", err)
		}
		r.ID, r.Level, r.Phase, r.Trouble = id.Plan{Raw: parsed}, Level(level), Phase(phase), Trouble(trouble)
		r.Running, r.Single, r.Started, r.Ended = state == "running", single == 1, clock.FromMicros(started), clock.FromMicros(ended)
		out = append(out, r)
	}
	return out, nil
}

func (r Rotation) state() string {
	if r.Running {
		return "running"
	}
	return "done"
}

func insertRotation(tx db.Tx, r Rotation) error {
	single := int64(0)
	if r.Single {
		single = 1
	}
	_, err := tx.Exec(`INSERT INTO keyring_rotation (`+rotationColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`,
		r.ID.Bytes(), string(r.Level), r.state(), string(r.Phase), single, r.LastRow, r.Total, r.Done, r.Erased, r.Destroyed,
		string(r.Trouble), r.TroubleAt, at(r.Started), at(r.Ended))
	return err
}

// updateRotation never takes an end back: another node may have come to it first.
func updateRotation(tx db.Tx, r Rotation) error {
	_, err := tx.Exec(`UPDATE keyring_rotation SET state = ?2, phase = ?3, last_row = ?4, total = ?5, done = ?6, erased = ?7, destroyed = ?8,
		trouble = ?9, trouble_at = ?10, ended_at = ?11 WHERE id = ?1 AND state = 'running'`,
		r.ID.Bytes(), r.state(), string(r.Phase), r.LastRow, r.Total, r.Done, r.Erased, r.Destroyed, string(r.Trouble), r.TroubleAt, at(r.Ended))
	return err
}

// readMoving says whether subjects' keys are being replaced, and how often that was
// begun: rows are never taken away.
func readMoving(tx db.Tx) (m moving, err error) {
	var running int64
	err = tx.Row(`SELECT count(*), CAST(coalesce(sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END), 0) AS BIGINT)
		FROM keyring_rotation WHERE level = 'subjects'`).Scan(&m.rounds, &running)
	m.now = running > 0
	return m, err
}

func insertMove(tx db.Tx, m Move) error {
	_, err := tx.Exec(`INSERT INTO keyring_move (old_ref, new_ref) VALUES (?1, ?2)`, m.Old.Int64(), m.New.Int64())
	return err
}

func deleteMove(tx db.Tx, old Ref) error {
	_, err := tx.Exec(`DELETE FROM keyring_move WHERE old_ref = ?1`, old.Int64())
	return err
}

func countMoves(tx db.Tx) (n int64, err error) {
	err = tx.Row(`SELECT count(*) FROM keyring_move`).Scan(&n)
	return n, err
}

func readMove(tx db.Tx, old Ref) (m Move, ok bool, err error) {
	var next int64
	err = tx.Row(`SELECT new_ref FROM keyring_move WHERE old_ref = ?1`, old.Int64()).Scan(&next)
	if errors.Is(err, db.ErrNoRows) {
		return m, false, nil
	}
	return Move{old, RefOf(next)}, err == nil, err
}

// allMoves walks over the replacements under way, at most so many; 0 is all.
func allMoves(tx db.Tx, most int) iter.Seq2[Move, error] {
	query, args := `SELECT old_ref, new_ref FROM keyring_move ORDER BY old_ref`, []any(nil)
	if most > 0 {
		query, args = query+` LIMIT ?1`, []any{int64(most)}
	}
	return scanMoves(tx.Rows(query, args...))
}

// movesOf walks over the replacements that a key has a part in.
func movesOf(tx db.Tx, ref Ref) iter.Seq2[Move, error] {
	return scanMoves(tx.Rows(`SELECT old_ref, new_ref FROM keyring_move WHERE old_ref = ?1 OR new_ref = ?1`, ref.Int64()))
}

// successorsIn walks over the replacements whose new key lies in a block.
func successorsIn(tx db.Tx, block int64) iter.Seq2[Move, error] {
	return scanMoves(tx.Rows(`SELECT old_ref, new_ref FROM keyring_move WHERE new_ref >= ?1 AND new_ref <= ?2`,
		subjectRef(block, 0).Int64(), subjectRef(block, slotMask).Int64()))
}

func scanMoves(rows iter.Seq2[db.Row, error]) iter.Seq2[Move, error] {
	return func(yield func(Move, error) bool) {
		for row, err := range rows {
			var old, next int64
			if err == nil {
				err = row.Scan(&old, &next)
			}
			if !yield(Move{RefOf(old), RefOf(next)}, err) || err != nil {
				return
			}
		}
	}
}
