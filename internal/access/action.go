package access

// Action is one thing that can be done. The list is closed: a new verb is a new
// row of the matrix and a new cell in the tests of it.
type Action uint8

// The actions. The zero value is none, and is always refused.
const (
	NoAction Action = iota
	Create
	Read
	List
	Find
	Update
	Delete
	Transition
	Restrict // mark a person's data as not to be processed, and release it
	Import
	Export
	Manage // change what the resource is: define, invite, revoke, configure
	Rotate
	Verify // re-hash the log, run a control
	Prove  // hand out proofs, checkpoints and case bundles
	actionEnd
)

// Resource is one kind of thing that can be acted on.
type Resource uint8

// The resources. The zero value is none, and is always refused.
const (
	NoResource Resource = iota
	Record
	Collection
	Log
	Account
	Roles
	Token
	Tenant
	Profile
	Key
	Placement
	Promise
	Platform // the operator's whole: settings, all tenants' list, space
	resourceEnd
)

var actionNames = [actionEnd]string{"", "create", "read", "list", "find", "update", "delete", "transition",
	"restrict", "import", "export", "manage", "rotate", "verify", "prove"}

var resourceNames = [resourceEnd]string{"", "record", "collection", "log", "account", "role", "token", "tenant",
	"profile", "key", "placement", "promise", "platform"}

// sensible says which actions exist on which resource; any other pair is
// refused when a profile is read.
var sensible = [resourceEnd]set{
	Record:     setOf(Create, Read, List, Find, Update, Delete, Transition, Restrict, Import, Export),
	Collection: setOf(Read, List, Manage),
	Log:        setOf(Read, List, Export, Verify, Prove),
	Account:    setOf(Read, List, Manage),
	Roles:      setOf(Read, List),
	Token:      setOf(List, Manage),
	Tenant:     setOf(Read, List, Create, Manage),
	Profile:    setOf(Read, Manage),
	Key:        setOf(Read, Rotate, Manage),
	Placement:  setOf(Read, List, Manage),
	Promise:    setOf(Read, List, Verify),
	Platform:   setOf(Read, Manage),
}

// String is the word used in profiles and in the log.
func (a Action) String() string {
	if a >= actionEnd {
		return ""
	}
	return actionNames[a]
}

// String is the word used in profiles and in the log.
func (r Resource) String() string {
	if r >= resourceEnd {
		return ""
	}
	return resourceNames[r]
}

// ParseAction reads the word of an action; ok is false for any other word.
func ParseAction(s string) (a Action, ok bool) {
	for a = NoAction + 1; a < actionEnd; a++ {
		if actionNames[a] == s {
			return a, true
		}
	}
	return NoAction, false
}

// ParseResource reads the word of a resource; ok is false for any other word.
func ParseResource(s string) (r Resource, ok bool) {
	for r = NoResource + 1; r < resourceEnd; r++ {
		if resourceNames[r] == s {
			return r, true
		}
	}
	return NoResource, false
}

// Cells calls visit for every sensible pair, in order: the rows and columns of
// the matrix that tests and pages show.
func Cells(visit func(Action, Resource)) {
	for r := NoResource + 1; r < resourceEnd; r++ {
		for a := NoAction + 1; a < actionEnd; a++ {
			if sensible[r].has(uint8(a)) {
				visit(a, r)
			}
		}
	}
}

// set is a set of up to 64 small numbers.
type set uint64

func setOf(actions ...Action) set {
	var s set
	for _, a := range actions {
		s |= 1 << a
	}
	return s
}

func (s set) has(i uint8) bool { return i < 64 && s&(1<<i) != 0 }
