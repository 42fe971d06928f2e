package portal

import (
	"encoding/xml"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// maxEntries is how many changes the feed holds.
const maxEntries = 50

// The elements of RFC 4287 that the feed uses.
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang     string      `xml:"xml:lang,attr"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Lang string `xml:"hreflang,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Link    atomLink `xml:"link"`
		Summary string   `xml:"summary"`
	}
)

// listChanges tells which promises turned, the latest first.
func listChanges(v *visit) error {
	list, err := v.p.Assurance.Standings(v.r.Context(), v.tenant.Profile)
	if err != nil {
		return err
	}
	page := v.absolute("")
	feed := atomFeed{Lang: v.say.Lang(), ID: page, Title: v.say.T("portal.feed.title", i18n.Params{"tenant": v.tenant.Title}),
		Subtitle: v.say.T("portal.changes.lede"), Author: atomAuthor{v.tenant.Title}, Updated: stamp(v.tenant.Created),
		Links: []atomLink{{Rel: "self", Href: v.absolute("changes.atom")}, {Rel: "alternate", Lang: v.say.Lang(), Href: page}}}
	for i, c := range ofProfile(v.pastOf(v.r.Context()).Changes, list, maxEntries) {
		if i == 0 {
			feed.Updated = stamp(c.At)
		}
		link := v.absolute(string(c.Promise))
		feed.Entries = append(feed.Entries, atomEntry{ID: link + "#" + stamp(c.At), Updated: stamp(c.At), Link: atomLink{Rel: "alternate", Href: link},
			Title:   v.say.T("portal.feed.entry", i18n.Params{"promise": c.promise.Title.In(v.say.Lang()), "state": v.stateWord(c.To)}),
			Summary: c.promise.Text.In(v.say.Lang())})
	}
	b, err := xml.MarshalIndent(feed, "", "  ")
	if err != nil {
		return err
	}
	return v.file(append([]byte(xml.Header), append(b, '\n')...))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func (v *visit) stateWord(o assurance.Outcome) string { return ui.StatusOf(string(o)).Word(v.lang) }
