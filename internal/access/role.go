package access

import (
	"fmt"
	"maps"
	"slices"

	"garant.example/internal/actor"
	"garant.example/internal/id"
)

// Holders says who may hold a role.
type Holders string

// The closed list of holders.
const (
	Members  Holders = "members"  // persons of the tenant
	Services Holders = "services" // programs of the tenant
	Auditors Holders = "auditors" // persons who read evidence, counted apart
	Team     Holders = "staff"    // persons of the operator, in the operator's own tenant
)

// Edge is one transition of a life cycle.
type Edge struct {
	From, To id.Name
}

// Rule lets holders of a role do actions on a resource.
type Rule struct {
	Allow       []Action
	On          Resource
	Collections []id.Name // Record and Collection only; empty means all
	See         []id.Name // Record: classes of fields that may be read; empty means all
	Change      []id.Name // Record: classes of fields that may be changed; empty means all
	Transitions []Edge    // Record and Transition: which; empty means all
}

// Role is a set of rules with a name, as a profile declares it.
type Role struct {
	Name    id.Name
	Holders Holders
	Rules   []Rule
	Cap     int // at most this many holders; 0 is no limit
}

// Space is what the rules of a tenant may name.
type Space struct {
	Collections []id.Name
	Classes     []id.Name
}

const (
	maxRoles       = 64 // a set is 64 bits
	maxClasses     = 64
	maxCollections = 256
)

// Matrix is the roles of one tenant, compiled. It is immutable and safe for
// concurrent use.
type Matrix struct {
	roles       []Role
	roleIndex   map[id.Name]int
	collections map[id.Name]int
	classes     map[id.Name]int
	cells       []cell // role × resource, and for Record role × collection
	records     []recordCell
}

type cell struct{ actions set }

type recordCell struct {
	actions     set
	see, change set
	anyEdge     bool
	edges       []Edge
}

// Compile checks the roles against what they may name and returns the matrix.
// Its error names the role and the rule at fault.
func Compile(roles []Role, space Space) (*Matrix, error) {
	if len(roles) > maxRoles || len(space.Classes) > maxClasses || len(space.Collections) > maxCollections {
		return nil, fmt.Errorf("access: at most %d roles, %d classes, %d collections", maxRoles, maxClasses, maxCollections)
	}
	m := &Matrix{
		roles:       roles,
		roleIndex:   make(map[id.Name]int, len(roles)),
		collections: index(space.Collections),
		classes:     index(space.Classes),
		cells:       make([]cell, len(roles)*int(resourceEnd)),
		records:     make([]recordCell, len(roles)*len(space.Collections)),
	}
	for i, role := range roles {
		if _, twice := m.roleIndex[role.Name]; twice {
			return nil, fmt.Errorf("access: role %q is declared twice", role.Name)
		}
		if !slices.Contains([]Holders{Members, Services, Auditors, Team}, role.Holders) {
			return nil, fmt.Errorf("access: role %q: holders %q is none of members, services, auditors, staff", role.Name, role.Holders)
		}
		m.roleIndex[role.Name] = i
		for j, rule := range role.Rules {
			if err := m.add(i, rule); err != nil {
				return nil, fmt.Errorf("access: role %q, rule %d: %w", role.Name, j+1, err)
			}
		}
	}
	return m, nil
}

func index(names []id.Name) map[id.Name]int {
	m := make(map[id.Name]int, len(names))
	for i, n := range names {
		m[n] = i
	}
	return m
}

func (m *Matrix) add(role int, rule Rule) error {
	if rule.On == NoResource || rule.On >= resourceEnd {
		return fmt.Errorf("unknown resource")
	}
	if len(rule.Allow) == 0 {
		return fmt.Errorf("allows nothing")
	}
	for _, a := range rule.Allow {
		if !sensible[rule.On].has(uint8(a)) {
			return fmt.Errorf("%q does not exist on %q", a, rule.On)
		}
	}
	if rule.On != Record {
		if len(rule.See)+len(rule.Change)+len(rule.Transitions) > 0 || rule.On != Collection && len(rule.Collections) > 0 {
			return fmt.Errorf("classes, transitions and collections narrow records only")
		}
		m.cells[role*int(resourceEnd)+int(rule.On)].actions |= setOf(rule.Allow...)
		return nil
	}
	return m.addRecord(role, rule)
}

func (m *Matrix) addRecord(role int, rule Rule) error {
	see, err := m.classSet(rule.See)
	if err != nil {
		return err
	}
	change, err := m.classSet(rule.Change)
	if err != nil {
		return err
	}
	targets := rule.Collections
	if len(targets) == 0 {
		for name := range m.collections {
			targets = append(targets, name)
		}
	}
	for _, name := range targets {
		c, ok := m.collections[name]
		if !ok {
			return fmt.Errorf("unknown collection %q", name)
		}
		m.records[role*len(m.collections)+c].widen(rule, see, change)
	}
	return nil
}

func (c *recordCell) widen(rule Rule, see, change set) {
	actions := setOf(rule.Allow...)
	c.actions |= actions
	if actions&setOf(Read, List, Find, Export) != 0 {
		c.see |= see
	}
	if actions&setOf(Create, Update, Import) != 0 {
		c.change |= change
	}
	if actions.has(uint8(Transition)) {
		c.anyEdge = c.anyEdge || len(rule.Transitions) == 0
		c.edges = append(c.edges, rule.Transitions...)
	}
}

func (m *Matrix) classSet(names []id.Name) (set, error) {
	if len(names) == 0 {
		return ^set(0), nil
	}
	var s set
	for _, n := range names {
		i, ok := m.classes[n]
		if !ok {
			return 0, fmt.Errorf("unknown class %q", n)
		}
		s |= 1 << i
	}
	return s, nil
}

// Collections names the collections that rules may speak of.
func (m *Matrix) Collections() []id.Name { return slices.Collect(maps.Keys(m.collections)) }

// DecideAnyEdge decides as Decide does, and lets a transition pass that the actor may
// make from some state: for whoever is shown what can be done.
func (m *Matrix) DecideAnyEdge(a *actor.Actor, ask Ask) Decision {
	if ask.Action != Transition {
		return m.Decide(a, ask)
	}
	c, ok := m.collections[ask.Collection]
	for _, name := range a.Roles {
		i, held := m.roleIndex[name]
		if !ok || !held {
			continue
		}
		for _, edge := range m.records[i*len(m.collections)+c].edges {
			ask.Edge = edge
			if d := m.Decide(a, ask); d.Allowed {
				return d
			}
		}
	}
	return m.Decide(a, ask) // a role that may make every transition names none
}

// Roles returns the roles as declared.
func (m *Matrix) Roles() []Role { return m.roles }

// Holds says whether role exists and kind of actor may hold it.
func (m *Matrix) Holds(role id.Name, kind actor.Kind) bool {
	i, ok := m.roleIndex[role]
	if !ok {
		return false
	}
	switch m.roles[i].Holders {
	case Services:
		return kind == actor.Service
	case Team:
		return kind == actor.Staff
	case Auditors: // the operator's auditors are staff, a tenant's are its members
		return kind == actor.Staff || kind == actor.Member
	default:
		return kind == actor.Member
	}
}

// Sees says whether the classes of fields that a decision showed hold class.
func (m *Matrix) Sees(d Decision, class id.Name) bool {
	i, ok := m.classes[class]
	return ok && set(d.See).has(uint8(i))
}

// Changes says whether the decision lets fields of class be changed.
func (m *Matrix) Changes(d Decision, class id.Name) bool {
	i, ok := m.classes[class]
	return ok && set(d.Change).has(uint8(i))
}
