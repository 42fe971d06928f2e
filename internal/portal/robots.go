package portal

import (
	"net/http"

	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// showIcon leads browsers that ask for the icon of a site by its old name to the one
// that every page names.
func showIcon(v *visit) error {
	h := v.w.Header()
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Location", ui.AssetPath("favicon.svg"))
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// showRobots tells search engines what is for everybody: the public pages and what
// they are drawn with. A demonstration is for nobody's index.
func showRobots(v *visit) error {
	text := "User-agent: *\n"
	if !v.p.Demo {
		text += "Allow: /$\nAllow: " + ui.AssetPrefix + "\n"
		for _, lang := range i18n.Languages() {
			text += "Allow: /" + lang + "/\n"
		}
	}
	return v.file([]byte(text + "Disallow: /\n"))
}
