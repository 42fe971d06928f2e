package ui

import "embed"

// Icon names a picture of the set. The zero value draws nothing.
type Icon string

// The icons in use. Each is a file of assets/icons, taken from Lucide.
const (
	IconAlertOctagon Icon = "octagon-alert"
	IconAlert        Icon = "triangle-alert"
	IconCalendar     Icon = "calendar-clock"
	IconCheck        Icon = "check"
	IconCheckCircle  Icon = "circle-check"
	IconChevronLeft  Icon = "chevron-left"
	IconChevronRight Icon = "chevron-right"
	IconDatabase     Icon = "database"
	IconDownload     Icon = "download"
	IconExternal     Icon = "external-link"
	IconFlag         Icon = "flag"
	IconGlobe        Icon = "globe"
	IconHash         Icon = "hash"
	IconHistory      Icon = "history"
	IconHourglass    Icon = "hourglass"
	IconInbox        Icon = "inbox"
	IconInfo         Icon = "info"
	IconLock         Icon = "lock"
	IconMasked       Icon = "eye-off"
	IconMenu         Icon = "menu"
	IconMoon         Icon = "moon"
	IconProof        Icon = "file-check"
	IconQuestion     Icon = "circle-question-mark"
	IconScreen       Icon = "monitor"
	IconSearch       Icon = "search"
	IconShield       Icon = "shield-check"
	IconSignOut      Icon = "log-out"
	IconSlashCircle  Icon = "ban"
	IconSortBoth     Icon = "chevrons-up-down"
	IconSortDown     Icon = "arrow-down"
	IconSortUp       Icon = "arrow-up"
	IconSun          Icon = "sun"
	IconTerminal     Icon = "terminal"
	IconUpload       Icon = "upload"
	IconUser         Icon = "user"
	IconCross        Icon = "x"
)

//go:embed assets/icons/*.svg
var iconFiles embed.FS

// shapes is the inside of the icon's svg element, or nothing for an icon that
// does not exist.
func (i Icon) shapes() string {
	if i == "" {
		return ""
	}
	b, err := iconFiles.ReadFile("assets/icons/" + string(i) + ".svg")
	if err != nil {
		return ""
	}
	return string(b)
}
