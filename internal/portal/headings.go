package portal

import (
	"strings"

	"garant.example/internal/id"
)

// heading is one of the parts of a trust page.
type heading string

// The parts, in the order of the page.
const (
	security      heading = "security"
	privacy       heading = "privacy"
	hosting       heading = "hosting"
	compliance    heading = "compliance"
	accessibility heading = "accessibility"
	compatibility heading = "compatibility"
)

func headings() []heading {
	return []heading{security, privacy, hosting, compliance, accessibility, compatibility}
}

// headingOf says under which heading an area of promises stands. What it does not
// know is a rule of the house: compliance.
func headingOf(area id.Name) heading {
	switch area {
	case "access", "application", "artifact", "audit", "config-change", "device", "encryption", "federation", "files",
		"identity", "keys", "logging", "mfa", "network", "tenancy", "vulnerability":
		return security
	case "classification", "consent", "contract-end", "export", "retention", "rights", "staff-access":
		return privacy
	case "availability", "backup", "physical", "recovery", "residency", "status":
		return hosting
	case "accessibility":
		return accessibility
	case "compatibility":
		return compatibility
	}
	return compliance
}

// word makes a name fit to stand in a key of the words.
func word(name string) string { return strings.ReplaceAll(name, "-", "_") }
