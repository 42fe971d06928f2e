package ui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func sheet() string { return string(bundle().files["garant.css"].plain) }

// palettes reads the colours of both themes from the style sheet itself.
func palettes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	block := regexp.MustCompile(`:root(?:\[data-theme=["']?dark["']?\])?\{((?:--g-)[^}]*)\}`)
	for _, m := range block.FindAllStringSubmatch(sheet(), -1) {
		colours := map[string]string{}
		for decl := range strings.SplitSeq(m[1], ";") {
			name, value, _ := strings.Cut(decl, ":")
			if short, ok := strings.CutPrefix(name, "--g-"); ok {
				colours[short] = strings.TrimSpace(value)
			}
		}
		if strings.Contains(m[0], "data-theme") {
			dark = colours
		} else {
			light = colours
		}
	}
	if len(light) < 40 || len(dark) != len(light) {
		t.Fatalf("read %d light and %d dark colours", len(light), len(dark))
	}
	return light, dark
}

// luminance is the relative luminance of WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if colour == "white" {
		hex = "fff"
	}
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("the colour %q is not understood", colour)
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestContrastInBothThemes(t *testing.T) {
	const text, shape = 4.5, 3.0
	pairs := []struct {
		least    float64
		ink      string
		surfaces string
	}{
		{text, "ink", "paper surface sunken kept-soft failing-soft stale-soft exception-soft planned-soft accent-soft"},
		{text, "quiet", "paper surface sunken code"},
		{text, "accent", "paper surface sunken accent-soft"},
		{text, "accent-deep", "paper surface accent-soft"},
		{text, "on-accent", "accent accent-deep"},
		{text, "on-focus", "focus"}, {shape, "focus", "paper surface sunken"},
		{text, "on-mast", "mast"}, {text, "on-mast-quiet", "mast"},
		{text, "on-bar", "bar"}, {text, "on-bar-quiet", "bar"}, {text, "on-citron", "citron"},
		{text, "on-code", "code"}, {text, "on-failing", "failing-solid failing-stripe"},
		{text, "kept", "kept-soft paper surface"}, {text, "failing", "failing-soft paper surface"},
		{text, "stale", "stale-soft stale-dot paper surface"}, {text, "unknown", "unknown-soft paper surface"},
		{text, "exception", "exception-soft paper surface"}, {text, "planned", "planned-soft paper surface"},
		{text, "withdrawn", "withdrawn-soft paper surface"},
		{shape, "edge", "paper surface"}, {shape, "unknown-line", "paper surface"},
	}
	light, dark := palettes(t)
	for theme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			for surface := range strings.FieldsSeq(p.surfaces) {
				if got := contrast(t, colours[p.ink], colours[surface]); got < p.least {
					t.Errorf("%s: %s on %s has %.2f, want %.1f", theme, p.ink, surface, got, p.least)
				}
			}
		}
	}
}

// TestOldBrowsersGetColours: each declaration that reads a custom property
// follows one that does not, for browsers that would drop it.
func TestOldBrowsersGetColours(t *testing.T) {
	checked := 0
	rule := regexp.MustCompile(`\{([^{}]*)\}`)
	for _, m := range rule.FindAllStringSubmatch(sheet(), -1) {
		before := ""
		for decl := range strings.SplitSeq(m[1], ";") {
			name, value, _ := strings.Cut(decl, ":")
			if strings.Contains(value, "var(") && !strings.HasPrefix(name, "--") {
				checked++
				if before != name {
					t.Errorf("no plain value before %q", decl)
				}
			}
			before = name
		}
	}
	if checked < 200 {
		t.Errorf("looked at %d declarations", checked)
	}
}

func TestStylesStayOnThisServer(t *testing.T) {
	for _, word := range []string{"@import", "gds transport", "url(//", "crown", "crest"} {
		if strings.Contains(strings.ToLower(sheet()), word) {
			t.Errorf("the style sheet holds %q", word)
		}
	}
	link := regexp.MustCompile(`url\(["']?([^)"']+)["']?\)`)
	for _, m := range link.FindAllStringSubmatch(sheet(), -1) {
		if _, ok := bundle().files[m[1]]; !ok && !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the style sheet asks for %q, which is not served", m[1])
		}
	}
}

// TestClassesAreStyled finds words of the markup that no rule knows.
func TestClassesAreStyled(t *testing.T) {
	for _, s := range Statuses() {
		for _, class := range []string{".g-status--", ".g-cell--", ".g-strip__bar--"} {
			if !strings.Contains(sheet(), class+s.Name()) {
				t.Errorf("%s%s has no rule", class, s.Name())
			}
		}
	}
	for _, k := range []ButtonKind{Primary, Secondary, Quiet, Dangerous} {
		if !strings.Contains(sheet(), ".g-btn--"+string(k)) {
			t.Errorf("the button %q has no rule", k)
		}
	}
	for _, k := range []DayKind{DayNone, DayContinuous, DayDaily, DayMonthly, DayMissing} {
		if !strings.Contains(sheet(), ".g-day--"+string(k)) {
			t.Errorf("the day %q has no rule", k)
		}
	}
}
