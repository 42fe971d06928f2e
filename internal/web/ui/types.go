package ui

import "github.com/a-h/templ"

// Link is a text with an address.
type Link struct {
	Text string
	Href string
	// External marks an address outside this service.
	External bool
}

// Moment is a time: ISO for machines (RFC 3339), Text for the reader.
type Moment struct {
	ISO  string
	Text string
}

// Tone colours a message or a tag. It never carries meaning alone.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Theme is the reader's choice of appearance; empty follows the device.
type Theme string

// The themes.
const (
	ThemeSystem Theme = ""
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

// ThemeOf reads a stored choice; what it does not know follows the device.
func ThemeOf(s string) Theme {
	switch Theme(s) {
	case ThemeLight:
		return ThemeLight
	case ThemeDark:
		return ThemeDark
	}
	return ThemeSystem
}

// Alternate is the same page in another language.
type Alternate struct {
	Lang Lang
	Name string // the language's own name, "Français"
	Href string
}

// Page is what every page tells its shell.
type Page struct {
	Lang        Lang
	Title       string // of the browser's tab; the shell adds the site's name
	Description string // for search engines and link previews; may be empty
	Canonical   string // the whole address of this page, for search engines and link previews; may be empty
	Alternates  []Alternate
	Feed        Link // an Atom feed of this page; may be empty
	Theme       Theme
	// ThemeAction is where the appearance form posts "theme" ("", "light" or
	// "dark") and "return"; empty leaves the switch out.
	ThemeAction string
	ThemeReturn string
	// Environment is shown in a banner above the page ("Demo: sample data").
	Environment string
	NoIndex     bool
	// HasError prefixes the title, as assistive technology reads it first.
	HasError bool
}

// NavItem is an entry of a menu or of tabs.
type NavItem struct {
	Text    string
	Href    string
	Icon    Icon
	Count   string // a figure beside the text; may be empty
	Current bool
}

// NavGroup is a titled part of the console's menu.
type NavGroup struct {
	Heading string // may be empty
	Items   []NavItem
}

// PortalPage describes a public page.
type PortalPage struct {
	Page
	Site   string // who publishes this page
	Home   string // address of the site's first page
	Nav    []NavItem
	Hero   templ.Component // full width, above the content; may be nil
	Footer FooterContent
}

// ConsolePage describes a page of a signed-in person.
type ConsolePage struct {
	Page
	Tenant     string // the organisation whose data is shown
	TenantHref string // to choose another; may be empty
	Person     string
	PersonHref string
	Home       string
	Nav        []NavGroup
	// SignOutAction is where the sign-out form posts; empty leaves it out
	// (before signing in).
	SignOutAction string
	Footer        FooterContent
}

// FooterContent is the foot of a page.
type FooterContent struct {
	Columns []FooterColumn
	Note    string
	Version string
}

// FooterColumn is a titled list of links.
type FooterColumn struct {
	Heading string
	Links   []Link
}

// Hero is the head of a public page: what is promised, in large, with figures.
type Hero struct {
	Kicker  string // a short line above the title; may be empty
	Title   string // the page's h1
	Lede    string
	Figures []Figure
	Actions []LinkButton
	Note    string
}

// Heading is the head of a page in the console or of a plain public page.
type Heading struct {
	Kicker string
	Badge  templ.Component // a status beside the kicker; may be nil
	Title  string          // the page's h1
	Lede   string
}

// Figure is a number that was measured.
type Figure struct {
	Label string
	Value string
	Unit  string // may be empty
	Note  string // may be empty
	Href  string // makes a stat tile a link; may be empty
	Tone  Tone
}

// ButtonKind is the weight of a button.
type ButtonKind string

// The kinds of button.
const (
	Primary   ButtonKind = "primary"
	Secondary ButtonKind = "secondary"
	Quiet     ButtonKind = "quiet"
	Dangerous ButtonKind = "danger"
)

// Button sends a form.
type Button struct {
	Text  string
	Kind  ButtonKind // empty is Primary
	Icon  Icon
	Name  string // with Value, tells which button was pressed
	Value string
	// Describe is added for assistive technology ("the policy of 3 May").
	Describe string
	Disabled bool
	Form     string // id of the form, when the button stands outside of it
}

// LinkButton is a link that looks like a button.
type LinkButton struct {
	Text     string
	Href     string
	Kind     ButtonKind
	Icon     Icon
	Describe string
	Download bool
}

func (k ButtonKind) class() string {
	if k == "" {
		k = Primary
	}
	return "g-btn g-btn--" + string(k)
}

func (t Tone) orNeutral() Tone {
	if t == "" {
		return Neutral
	}
	return t
}
