package profile

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Set is all profiles of a folder, checked together. It does not change after
// Load and is safe for concurrent use.
type Set struct {
	profiles []*Profile // by name
	promises []Promise  // in the order of the files
}

// Load reads every *.yaml of a folder. Its error is an errs.Config that tells all
// faults of all files at once; what is not YAML at all is told first, alone.
func Load(fsys fs.FS) (*Set, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errs.New(errs.Config, "profile.none").Do("profile.none.fix")
	}
	s := &Set{}
	faults := errs.New(errs.Config, "profile.invalid").Do("profile.invalid.fix")
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		p := &Profile{}
		if err := readStrict(name, data, p); err != nil {
			return nil, err
		}
		// Each profile gets its own list, so that one's faults do not hide another's.
		own := errs.New(errs.Config, "profile.invalid")
		p.validate("/"+name, own)
		if string(p.Name)+".yaml" != path.Base(name) {
			own.At("/"+name+"/profile", "profile.file.name", errs.Params{"Value": string(p.Name)})
		}
		faults.Fields = append(faults.Fields, own.Fields...)
		s.profiles = append(s.profiles, p)
		s.promises = append(s.promises, p.Promises...)
	}
	s.validate(faults)
	if len(faults.Fields) > 0 {
		return nil, faults
	}
	return s, nil
}

// Parse reads one profile, as `garant profile check FILE` does.
func Parse(file string, data []byte) (*Profile, error) {
	p := &Profile{}
	if err := readStrict(file, data, p); err != nil {
		return nil, err
	}
	faults := errs.New(errs.Config, "profile.invalid").Do("profile.invalid.fix")
	p.validate("", faults)
	if len(faults.Fields) > 0 {
		return nil, faults
	}
	return p, nil
}

// validate finds what only shows when all profiles are seen together.
func (s *Set) validate(e *errs.Error) {
	seen := map[id.Name]id.Name{}
	for _, p := range s.promises {
		if first, twice := seen[p.ID]; twice {
			e.At("/"+string(p.Profile)+".yaml/promises/"+string(p.ID), "profile.twice", errs.Params{"Value": fmt.Sprintf("%s (%s)", p.ID, first)})
		}
		seen[p.ID] = p.Profile
	}
}

// Profiles returns the profiles by name.
func (s *Set) Profiles() []*Profile { return slices.Clone(s.profiles) }

// Profile returns the profile of a name.
func (s *Set) Profile(name id.Name) (*Profile, bool) {
	i, ok := slices.BinarySearchFunc(s.profiles, name, func(p *Profile, n id.Name) int { return strings.Compare(string(p.Name), string(n)) })
	if !ok {
		return nil, false
	}
	return s.profiles[i], true
}

// Operator returns the operator's own profile.
func (s *Set) Operator() (*Profile, bool) {
	i := slices.IndexFunc(s.profiles, func(p *Profile) bool { return p.Operator })
	if i < 0 {
		return nil, false
	}
	return s.profiles[i], true
}

// Promises returns every promise of every profile, in the order of the files.
func (s *Set) Promises() []Promise { return slices.Clone(s.promises) }

// Promise returns the promise of an id.
func (s *Set) Promise(name id.Name) (Promise, bool) {
	i := slices.IndexFunc(s.promises, func(p Promise) bool { return p.ID == name })
	if i < 0 {
		return Promise{}, false
	}
	return s.promises[i], true
}
