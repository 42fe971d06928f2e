package markerscan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// Bounds of the search in folders that others write to as well. Only files that
// were written to since the planting are read there.
const (
	maxDepth  = 3
	maxShared = 256 << 20       // bytes that are new in a folder for temporary files
	maxServer = 8 << 30         // bytes that are new in the folder of a database server
	slack     = 2 * time.Second // file systems keep coarse times
)

// placeKey names a database in hits.
func placeKey(p db.Place) string {
	if p.Engine == db.SQLite {
		return p.Path
	}
	return p.Name
}

// lies says whether a hit was met in a database: in its file, in what lies beside
// its file, or in one of its tables.
func lies(met, database string) bool {
	rest, ok := strings.CutPrefix(met, database)
	return ok && (rest == "" || rest[0] == '-' || rest[0] == '#')
}

// folders are the folders of the platform, none within another.
func folders(h *assurance.House) []string {
	list := []string{filepath.Clean(h.Dir)}
	for _, r := range h.Tenants.Regions() {
		if r.Dir != "" && !within(r.Dir, list) {
			list = append(list, filepath.Clean(r.Dir))
		}
	}
	if p := h.Control.Path; p != "" && !within(p, list) {
		list = append(list, filepath.Dir(p))
	}
	return list
}

func within(path string, folders []string) bool {
	for _, f := range folders {
		rel, err := filepath.Rel(f, path)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// own searches every file of the platform's folders.
func (s *scanner) own(list []string) {
	for _, root := range list {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.Type().IsRegular() {
				s.file(path)
			}
			return nil
		})
		if err != nil {
			s.miss(err)
		}
	}
}

// shared searches the new files of folders that others write to as well.
func (s *scanner) shared(list, mine []string, since time.Time, most int64) {
	budget := most
	for _, root := range list {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return skipping(d) // another's folder, or gone
			case d.IsDir():
				return s.enter(root, path, mine)
			case !d.Type().IsRegular():
				return nil
			}
			about, err := d.Info()
			if err != nil || about.ModTime().Before(since.Add(-slack)) || !readable(path) {
				return nil
			}
			if budget -= about.Size(); budget < 0 {
				return fmt.Errorf("more than %d bytes are new in %s", most, root)
			}
			s.file(path)
			return nil
		})
		if err != nil {
			s.miss(err)
		}
	}
}

func skipping(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// enter leaves out what was searched already, what lies deep and what compilers
// build.
func (s *scanner) enter(root, path string, mine []string) error {
	rel, err := filepath.Rel(root, path)
	if err != nil || path != root && within(path, mine) || strings.HasPrefix(filepath.Base(path), "go-build") {
		return fs.SkipDir
	}
	if strings.Count(rel, string(filepath.Separator)) >= maxDepth {
		return fs.SkipDir
	}
	return nil
}

// readable is false for another account's files: this process did not write them.
func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// servers are the data folders of PostgreSQL servers that stand on this machine and
// may be read. A server that does not tell where its files lie is searched through
// its tables alone.
func servers(ctx context.Context, h *assurance.House, list []database) []string {
	var folders []string
	for _, d := range list {
		if d.place.Engine != db.Postgres {
			continue
		}
		opened, release, err := h.Open(ctx, d.place)
		if err != nil {
			continue // the search of its tables tells
		}
		var folder string
		err = opened.Read(ctx, func(tx db.Tx) error { return tx.Row(`SELECT current_setting('data_directory')`).Scan(&folder) })
		release()
		if err != nil || slices.Contains(folders, folder) {
			continue
		}
		if about, err := os.Stat(filepath.Join(folder, "PG_VERSION")); err == nil && about.Mode().IsRegular() {
			folders = append(folders, folder)
		}
	}
	return folders
}

// database is one open database that is searched row by row: what the engine packs,
// or keeps on another machine, no raw file shows.
type database struct {
	place db.Place
	owner tenant.Tenant
}

// databases lists those of some tenants, with the control database.
func databases(h *assurance.House, list []tenant.Tenant) ([]database, error) {
	out := []database{{place: h.Control}}
	for _, t := range list {
		ring, err := h.Tenants.KeyringPlace(t.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, database{ring, t})
		for _, p := range t.Placements {
			place, err := h.Tenants.PlacementPlace(t, p.Name)
			if err != nil {
				return nil, err
			}
			out = append(out, database{place, t})
		}
	}
	return out, nil
}

// tables searches every value of every table.
func (s *scanner) tables(ctx context.Context, h *assurance.House, list []database) error {
	for _, d := range list {
		opened, release, err := h.Open(ctx, d.place)
		if err != nil {
			return err
		}
		err = opened.Read(ctx, func(tx db.Tx) error { return s.rowsOf(tx, placeKey(d.place)) })
		release()
		if err != nil {
			return fmt.Errorf("%s: %w", placeKey(d.place), err)
		}
	}
	return nil
}

// column is one column as the engine's catalog names it.
type column struct {
	table, name string
	binary      bool
}

func columns(tx db.Tx) (list []column, err error) {
	query := `SELECT m.name, c.name, upper(c.type) IN ('BLOB', 'ANY', '') FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' ORDER BY m.name, c.cid`
	if tx.Engine() == db.Postgres {
		query = `SELECT table_name::text, column_name::text, CAST(data_type = 'bytea' AS INTEGER)::bigint FROM information_schema.columns
			WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	}
	for row, err := range tx.Rows(query) {
		if err != nil {
			return nil, err
		}
		var c column
		var binary int64
		if err := row.Scan(&c.table, &c.name, &binary); err != nil {
			return nil, err
		}
		c.binary = binary != 0
		list = append(list, c)
	}
	return list, nil
}

// rowsOf searches the tables that one transaction sees.
func (s *scanner) rowsOf(tx db.Tx, place string) error {
	list, err := columns(tx)
	if err != nil {
		return err
	}
	for _, c := range list {
		value := quoted(c.name)
		switch {
		case tx.Engine() == db.SQLite:
			value = `CAST(` + value + ` AS BLOB)`
		case !c.binary:
			value = `convert_to(CAST(` + value + ` AS TEXT), 'UTF8')`
		}
		for row, err := range tx.Rows(`SELECT ` + value + ` FROM ` + quoted(c.table) + ` WHERE ` + quoted(c.name) + ` IS NOT NULL`) {
			if err != nil {
				return err
			}
			var b []byte
			if err := row.Scan(&b); err != nil {
				return err
			}
			s.rows++
			s.text(place+"#"+c.table, b)
		}
	}
	return nil
}

// quoted is a name of the catalog as SQL takes it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
