package profiles

import "embed"

// FS holds the profiles as <name>.yaml.
//
//go:embed *.yaml
var FS embed.FS
