// Command garant is the whole product in one program: it serves, and it does from
// the command line what the API does.
//
// # How a command is made
//
// One file per noun. A command is made by program.verb with its name ("record
// create" is record.create): its help comes from the catalogue, under
// cli.<name> and cli.<name>.long, in the language of the person. What it prints
// with --json is a type, so that docs/cli.md, made from the commands by a test,
// describes it field by field.
//
// # How a command reaches a server
//
// An explicit --server, or GARANT_SERVER. Else the server that runs on the data
// folder, which says how to reach it in run/server.json. Else the folder is served
// on loopback for the time of the command.
//
// # Exit statuses
//
// 0 done, 1 the command line was wrong, 2 a check failed or the server refused.
package main
