package main

import (
	"strings"

	"garant.example/internal/errs"
)

// explained says beside the output why a request was let in or refused.
func (c *call) explained(decision string) {
	d := map[string]string{}
	for member := range strings.SplitSeq(decision, ", ") {
		key, value, _ := strings.Cut(member, "=")
		d[key] = strings.Trim(value, `"`)
	}
	what := c.words.T("access.resource." + d["resource"])
	if d["collection"] != "" {
		what += " (" + d["collection"] + ")"
	}
	params := errs.Params{"action": c.words.T("access.action." + d["action"]), "what": what, "role": d["role"], "rule": d["rule"]}
	if d["allowed"] == "?1" {
		c.say("cli.explain.allowed", params)
		return
	}
	key := "access.refused." + d["reason"]
	if d["reason"] == "not_found" {
		key = "access.not_found"
	}
	params["reason"] = c.words.T(key)
	c.say("cli.explain.refused", params)
}
