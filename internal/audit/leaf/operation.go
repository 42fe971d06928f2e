package leaf

// Operation is the closed list of what the log can say was done.
type Operation string

// Class is what an operation does to its object.
type Class uint8

// The classes. Their numbers stand in leaves and never change.
const (
	Read  Class = 1
	Write Class = 2
	Other Class = 3
)

// String is the word of the class.
func (c Class) String() string {
	switch c {
	case Read:
		return "read"
	case Write:
		return "write"
	case Other:
		return "other"
	default:
		return ""
	}
}

// operation is what the list knows of each word.
type operation struct {
	code      uint16
	name      Operation
	class     Class
	essential bool // may be written into the reserved space
}

// operations is the closed list, sorted by code. A code, once released, keeps its
// meaning for ever: old logs are read with it. Essential are the entries that
// tell how a crisis began and ended, those that make room again, and those by
// which access is taken away, signing in and looking whose it is among them.
// Being essential only allows it: audit.Log.Write refuses them all the same.
var operations = [...]operation{
	{1, "record.create", Write, false},
	{2, "record.read", Read, false},
	{3, "record.find", Read, false},
	{4, "record.list", Read, false},
	{5, "record.update", Write, false},
	{6, "record.delete", Write, false},
	{7, "record.transition", Write, false},
	{8, "record.restrict", Write, false},
	{9, "record.release", Write, false},
	{10, "record.import", Write, false},
	{11, "record.export", Read, false},
	{12, "record.reseal", Write, false},
	{20, "file.create", Write, false},
	{21, "file.read", Read, false},
	{22, "file.delete", Write, false},
	{25, "event.create", Write, false},
	{26, "event.read", Read, false},
	{30, "subject.read", Read, false},
	{31, "subject.erase", Write, false},
	{40, "session.open", Other, true},
	{41, "session.refuse", Other, true},
	{42, "session.close", Other, true},
	{43, "token.create", Write, false},
	{44, "token.revoke", Write, true},
	{45, "token.use", Other, false},
	{46, "account.create", Write, false},
	{47, "account.change", Write, true},
	{48, "account.read", Read, true},
	{49, "role.assign", Write, false},
	{50, "role.revoke", Write, true},
	{51, "access.refuse", Other, true},
	{52, "grant.open", Write, false},
	{53, "grant.close", Write, true},
	{54, "session.use", Other, false},
	{60, "log.read", Read, false},
	{61, "log.export", Read, false},
	{62, "log.prune", Other, true},
	{63, "checkpoint.sign", Other, true},
	{70, "tenant.create", Write, false},
	{71, "tenant.change", Write, false},
	{72, "tenant.read", Read, false},
	{73, "placement.add", Write, false},
	{74, "placement.change", Write, false},
	{75, "profile.apply", Write, false},
	{76, "collection.define", Write, false},
	{80, "key.create", Write, false},
	{81, "key.rotate", Write, false},
	{82, "key.revoke", Write, true},
	{83, "key.shred", Write, true},
	{90, "control.run", Write, false},
	{91, "sabotage.break", Other, false},
	{92, "sabotage.heal", Other, true},
	{93, "attestation.give", Write, false},
	{94, "exception.set", Write, false},
	{100, "platform.start", Other, true},
	{101, "platform.stop", Other, true},
	{102, "backup.run", Other, true},
	{103, "restore.run", Other, true},
	{104, "config.change", Write, false},
	{105, "space.low", Other, true},
}

// The operations.
const (
	RecordCreate     Operation = "record.create"
	RecordRead       Operation = "record.read"
	RecordFind       Operation = "record.find"
	RecordList       Operation = "record.list"
	RecordUpdate     Operation = "record.update"
	RecordDelete     Operation = "record.delete"
	RecordTransition Operation = "record.transition"
	RecordRestrict   Operation = "record.restrict"
	RecordRelease    Operation = "record.release"
	RecordImport     Operation = "record.import"
	RecordExport     Operation = "record.export"
	RecordReseal     Operation = "record.reseal"
	FileCreate       Operation = "file.create"
	FileRead         Operation = "file.read"
	FileDelete       Operation = "file.delete"
	EventCreate      Operation = "event.create"
	EventRead        Operation = "event.read"
	SubjectRead      Operation = "subject.read"
	SubjectErase     Operation = "subject.erase"

	SignIn        Operation = "session.open"
	SignInRefused Operation = "session.refuse"
	SignOut       Operation = "session.close"
	SessionUse    Operation = "session.use"
	TokenCreate   Operation = "token.create"
	TokenRevoke   Operation = "token.revoke"
	TokenUse      Operation = "token.use"
	AccountCreate Operation = "account.create"
	AccountChange Operation = "account.change"
	AccountRead   Operation = "account.read"
	RoleAssign    Operation = "role.assign"
	RoleRevoke    Operation = "role.revoke"
	AccessRefused Operation = "access.refuse"
	GrantOpen     Operation = "grant.open"
	GrantClose    Operation = "grant.close"

	LogRead        Operation = "log.read"
	LogExport      Operation = "log.export"
	LogPrune       Operation = "log.prune"
	CheckpointSign Operation = "checkpoint.sign"

	TenantCreate     Operation = "tenant.create"
	TenantChange     Operation = "tenant.change"
	TenantRead       Operation = "tenant.read"
	PlacementAdd     Operation = "placement.add"
	PlacementChange  Operation = "placement.change"
	ProfileApply     Operation = "profile.apply"
	CollectionDefine Operation = "collection.define"

	KeyCreate Operation = "key.create"
	KeyRotate Operation = "key.rotate"
	KeyRevoke Operation = "key.revoke"
	KeyShred  Operation = "key.shred"

	ControlRun      Operation = "control.run"
	SabotageBreak   Operation = "sabotage.break"
	SabotageHeal    Operation = "sabotage.heal"
	AttestationGive Operation = "attestation.give"
	ExceptionSet    Operation = "exception.set"

	Start        Operation = "platform.start"
	Stop         Operation = "platform.stop"
	BackupRun    Operation = "backup.run"
	RestoreRun   Operation = "restore.run"
	ConfigChange Operation = "config.change"
	SpaceLow     Operation = "space.low"
)

// find looks a word up. The list is short and its strings differ early, so a walk
// costs less than a map, which would also be a global variable that may change.
func (o Operation) find() (operation, bool) {
	for i := range operations {
		if operations[i].name == o {
			return operations[i], true
		}
	}
	return operation{}, false
}

func operationOf(code uint64) (Operation, bool) {
	for i := range operations {
		if uint64(operations[i].code) == code {
			return operations[i].name, true
		}
	}
	return "", false
}

// Known says whether the word is in the list.
func (o Operation) Known() bool { _, ok := o.find(); return ok }

// Class says what the operation does; zero for a word that is not in the list.
func (o Operation) Class() Class { op, _ := o.find(); return op.class }

// Essential says whether the operation may still be logged when space is short.
func (o Operation) Essential() bool { op, _ := o.find(); return op.essential }

// Operations returns the closed list, in the order of their codes.
func Operations() []Operation {
	all := make([]Operation, len(operations))
	for i := range operations {
		all[i] = operations[i].name
	}
	return all
}

// Outcome is how an operation ended.
type Outcome uint8

// The outcomes. Their numbers stand in entries and never change; zero is none.
const (
	Done    Outcome = 1 // it was done
	Refused Outcome = 2 // the decision was no; Reason says why
	Failed  Outcome = 3 // it was allowed and did not succeed
)

// String is the word of the outcome.
func (o Outcome) String() string {
	switch o {
	case Done:
		return "done"
	case Refused:
		return "refused"
	case Failed:
		return "failed"
	default:
		return ""
	}
}

// MarshalText writes the word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
