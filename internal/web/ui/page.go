package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// documentTitle is the page's title, then the site's; an error comes first.
func (p Page) documentTitle(site string) string {
	title := p.Title
	if site != "" && site != p.Title {
		title += " · " + site
	}
	if p.HasError {
		title = p.Lang.words().ErrorPrefix + " " + title
	}
	return title
}

// colorScheme tells the browser which controls and scroll bars to draw.
func (t Theme) colorScheme() string {
	if t == ThemeSystem {
		return "light dark"
	}
	return string(t)
}

// HashPiece is as much of a hash as fits beside other words.
const HashPiece = 12

// shortHash keeps the head and the tail: people compare both ends.
func shortHash(hash string) string {
	if len(hash) <= HashPiece+3 {
		return hash
	}
	return hash[:8] + "…" + hash[len(hash)-4:]
}

// hashGroups cuts a hash so that it may wrap, and so that an eye may follow it.
func hashGroups(hash string) []string {
	const group = 8
	var out []string
	for len(hash) > group {
		out = append(out, hash[:group])
		hash = hash[group:]
	}
	return append(out, hash)
}

// describedBy joins the ids of the hint and of the error of a form control.
func describedBy(id, hint, problem string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	if problem != "" {
		ids = append(ids, id+"-error")
	}
	return strings.Join(ids, " ")
}

// address lets through only addresses that a browser may follow: relative ones,
// http, https, mailto and tel. A "javascript:" address becomes a dead link.
func address(s string) templ.SafeURL { return templ.URL(s) }
