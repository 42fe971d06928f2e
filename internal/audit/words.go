package audit

import (
	"garant.example/internal/actor"
	"garant.example/internal/audit/leaf"
	"garant.example/internal/spec/tlog"
)

// The words of the log live in package leaf, which knows no database; these are
// the same types.
type (
	// Entry is what the log says of one act. Personal data never stands in it.
	Entry = leaf.Entry
	// Actor is who acted, as the log keeps it.
	Actor = leaf.Actor
	// Operation is the closed list of what can be logged.
	Operation = leaf.Operation
	// Class is what an operation does: Reading, Writing or Other.
	Class = leaf.Class
	// Outcome is how it ended: Done, Refused or Failed.
	Outcome = leaf.Outcome
	// Hash is a SHA-256 digest of the tree.
	Hash = tlog.Hash
)

// The outcomes.
const (
	Done    = leaf.Done
	Refused = leaf.Refused
	Failed  = leaf.Failed
)

// The classes of operations.
const (
	ClassRead  = leaf.Read
	ClassWrite = leaf.Write
	ClassOther = leaf.Other
)

// The operations.
const (
	RecordCreate     = leaf.RecordCreate
	RecordRead       = leaf.RecordRead
	RecordFind       = leaf.RecordFind
	RecordList       = leaf.RecordList
	RecordUpdate     = leaf.RecordUpdate
	RecordDelete     = leaf.RecordDelete
	RecordTransition = leaf.RecordTransition
	RecordRestrict   = leaf.RecordRestrict
	RecordRelease    = leaf.RecordRelease
	RecordImport     = leaf.RecordImport
	RecordExport     = leaf.RecordExport
	RecordReseal     = leaf.RecordReseal
	FileCreate       = leaf.FileCreate
	FileRead         = leaf.FileRead
	FileDelete       = leaf.FileDelete
	EventCreate      = leaf.EventCreate
	EventRead        = leaf.EventRead
	SubjectRead      = leaf.SubjectRead
	SubjectErase     = leaf.SubjectErase

	SignIn        = leaf.SignIn
	SignInRefused = leaf.SignInRefused
	SignOut       = leaf.SignOut
	SessionUse    = leaf.SessionUse
	TokenCreate   = leaf.TokenCreate
	TokenRevoke   = leaf.TokenRevoke
	TokenUse      = leaf.TokenUse
	AccountCreate = leaf.AccountCreate
	AccountChange = leaf.AccountChange
	AccountRead   = leaf.AccountRead
	RoleAssign    = leaf.RoleAssign
	RoleRevoke    = leaf.RoleRevoke
	AccessRefused = leaf.AccessRefused
	GrantOpen     = leaf.GrantOpen
	GrantClose    = leaf.GrantClose

	LogRead        = leaf.LogRead
	LogExport      = leaf.LogExport
	LogPrune       = leaf.LogPrune
	CheckpointSign = leaf.CheckpointSign

	TenantCreate     = leaf.TenantCreate
	TenantChange     = leaf.TenantChange
	TenantRead       = leaf.TenantRead
	PlacementAdd     = leaf.PlacementAdd
	PlacementChange  = leaf.PlacementChange
	ProfileApply     = leaf.ProfileApply
	CollectionDefine = leaf.CollectionDefine

	KeyCreate = leaf.KeyCreate
	KeyRotate = leaf.KeyRotate
	KeyRevoke = leaf.KeyRevoke
	KeyShred  = leaf.KeyShred

	ControlRun      = leaf.ControlRun
	SabotageBreak   = leaf.SabotageBreak
	SabotageHeal    = leaf.SabotageHeal
	AttestationGive = leaf.AttestationGive
	ExceptionSet    = leaf.ExceptionSet

	Start        = leaf.Start
	Stop         = leaf.Stop
	BackupRun    = leaf.BackupRun
	RestoreRun   = leaf.RestoreRun
	ConfigChange = leaf.ConfigChange
	SpaceLow     = leaf.SpaceLow
)

// ActorOf takes from an actor what the log keeps.
func ActorOf(a actor.Actor) Actor { return leaf.ActorOf(a) }

// Operations returns the closed list.
func Operations() []Operation { return leaf.Operations() }
