package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/api"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/auditprobe"
	"garant.example/internal/assurance/datainventory"
	"garant.example/internal/assurance/listenersweep"
	"garant.example/internal/assurance/logverifier"
	"garant.example/internal/assurance/markerscan"
	"garant.example/internal/assurance/placementregister"
	"garant.example/internal/assurance/rolematrix"
	"garant.example/internal/assurance/sealinspector"
	"garant.example/internal/console"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

// mechanisms lists what decides promises today.
func mechanisms(h *assurance.House) []assurance.Mechanism {
	return []assurance.Mechanism{
		markerscan.New(h),
		sealinspector.New(h),
		placementregister.New(h),
		listenersweep.New(h),
		logverifier.New(h),
		auditprobe.New(h),
		datainventory.New(h),
		rolematrix.New(h),
	}
}

// Sabotages says which promises of a set have a sabotage that this program can play:
// those that one of its mechanisms decides. No folder and no service is needed.
func Sabotages(set *profile.Set) (map[id.Name]bool, error) {
	s, err := assurance.New(assurance.Options{Set: set, Mechanisms: mechanisms(&assurance.House{})})
	if err != nil {
		return nil, err
	}
	playable := map[id.Name]bool{}
	for _, p := range set.Promises() {
		if s.Sabotaged(p.ID) {
			playable[p.ID] = true
		}
	}
	return playable, nil
}

// assure makes the service that runs controls, and in a demo the one that breaks
// what they check.
func (r *Running) assure(ctx context.Context) (err error) {
	house := r.assuranceHouse()
	r.Assurance, err = assurance.New(assurance.Options{Set: r.House.Profiles.Set(), Tenants: r.House.Tenants,
		Mechanisms: mechanisms(house), Clock: r.House.Opt.Clock})
	r.API.Assurance, r.Portal.Assurance = r.Assurance, r.Assurance
	if err != nil || r.serving.Faults == nil {
		return err
	}
	r.Saboteur, err = assurance.NewSaboteur(ctx, r.Assurance, house, r.serving.Faults)
	r.API.Saboteur = r.Saboteur
	return err
}

func (r *Running) assuranceHouse() *assurance.House {
	h := r.House
	return &assurance.House{
		Set: h.Profiles.Set(), Tenants: h.Tenants, Gate: h.Gate, Identity: h.Identity, Vault: h.Vault, Rings: h.Rings,
		Profiles: h.Profiles, Clock: h.Opt.Clock, Dir: h.Opt.Dir, Witness: h.Opt.Witness, Control: h.Opt.Control, Open: h.Pool.Acquire, Rows: h.Rows,
		Folders: h.folders, Logs: func() []string { return logFiles(os.Stdout, os.Stderr) },
		Doors: r.doors.Listeners, URL: r.URL, Roots: r.Roots, Table: table, Links: r.links, Beside: r.serving.Faults.beside,
	}
}

// folders are those in which bytes of the platform may lie besides the data folder and
// the regions' own: temporary files, and the heads of logs where they are kept apart.
func (h *House) folders() []string {
	list := []string{os.TempDir()}
	if h.Opt.Witness != "" {
		list = append(list, h.Opt.Witness)
	}
	return list
}

// logFiles are the regular files behind what a process writes to: where a service was
// told to write its log to a file.
func logFiles(written ...*os.File) []string {
	var list []string
	for _, f := range written {
		about, err := f.Stat()
		if err != nil || !about.Mode().IsRegular() {
			continue
		}
		path, err := filepath.EvalSymlinks(fmt.Sprintf("/dev/fd/%d", f.Fd()))
		if err == nil && !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	return list
}

// table is every operation of every edge that guards one; the portal guards none:
// nothing in it needs an account.
func table() []assurance.Cell {
	var cells []assurance.Cell
	for _, route := range api.Routes() {
		cells = append(cells, assurance.Cell{Door: "api", Name: route.Name, Method: route.Method, Path: route.Path,
			Scope: string(route.Scope), Action: route.Action, On: route.On})
	}
	for _, route := range console.Routes() {
		scope := route.Scope
		if scope != console.Anyone && strings.HasPrefix(route.Path, "/operator") {
			scope = console.Operator // the rooms of the operator's own tenant
		}
		cells = append(cells, assurance.Cell{Door: "console", Name: route.Name, Method: route.Method, Path: route.Path,
			Scope: string(scope), Action: route.Action, On: route.On})
	}
	return cells
}

// links lists the connections the platform opens to others.
func (r *Running) links() []assurance.Link {
	var list []assurance.Link
	for _, region := range r.House.Opt.Regions {
		list = append(list, databaseLink(region))
		if link, ok := metadataLink(region); ok {
			list = append(list, link)
		}
	}
	for _, service := range r.House.Opt.KMS {
		list = append(list, service.Links...)
	}
	return append(list, r.serving.Faults.linked()...)
}
