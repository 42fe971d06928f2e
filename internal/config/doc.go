// Package config holds every setting of the program, once: its type, its
// default, its unit, and where its value came from.
//
// # Where a value comes from
//
// A flag, else the environment, else the file, else the default. A setting has
// one path: "limits.body" is limits.body in the file and GARANT_LIMITS_BODY in
// the environment. A secret can also be read from a file that the path with
// _file names (kms.main.local.passphrase_file,
// GARANT_KMS_MAIN_LOCAL_PASSPHRASE_FILE), so that it need stand in no setting.
//
// # What it promises
//
//   - An unknown setting stops the start, in the file and in the environment
//     (law 10): the error names file and line and the nearest setting that
//     exists. So does a setting that would have no effect.
//   - All mistakes are told at once, each with its setting.
//   - The file is at most 256 KB of plain YAML: one document, no anchors, no
//     aliases, no tags, no merge keys, no name twice.
//   - A secret never prints; only Reveal shows it.
//
// Defaults is the one place of all defaults. Load reads; Validate judges what
// serving needs; Settings lists everything for people, redacted.
//
// # Errors and units
//
// Every mistake is an errs.Config whose fields name the settings. Lengths of time
// are written as 30s or 15m, sizes in bytes with an optional unit. A Config is
// filled once and only read then. Nothing is written to the disk.
package config
