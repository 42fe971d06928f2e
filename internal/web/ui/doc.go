// Package ui is the visual language of Garant: page shells, components, styles,
// fonts and icons, rendered on the server and usable without a script.
//
// What it promises:
//
//   - No page needs JavaScript, an inline style or a request to another host,
//     so every page works under the strictest content security policy.
//   - Every component reads in light and in dark, from a 360 px phone to a wide
//     screen, on paper, and in forced colours, with WCAG 2.2 AA contrast.
//   - A status is never told by colour alone: its badge has a word, its cell in
//     the promise map a letter and a pattern.
//   - Browsers that know neither custom properties nor grid (Chrome 40,
//     Firefox 35, Safari 7) get the light theme in one column, readable.
//
// Words: a shell is the frame of a page (Portal for public pages, Console for
// signed-in people). A component is a templ function that takes a typed struct.
// A story is a component with sample data (package ui/story).
//
// Components take sentences that are already translated. The few words that
// belong to the interface itself ("Skip to content", the names of the statuses)
// come from Lang, in French and English.
//
// The styles build on govuk-frontend (MIT) with a palette, a type and a rhythm
// of our own; the icons are Lucide (ISC); the fonts are Newsreader, Hanken
// Grotesk and Atkinson Hyperlegible Mono (OFL). The notices are in assets/licences and are served with
// the files. assets/build.sh rebuilds dist from its sources; running Garant
// needs only what is committed.
//
// Rendering returns the errors of the writer and no other. Components keep no state
// and may be rendered concurrently.
package ui
