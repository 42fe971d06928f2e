package portal

import (
	"net/http"
	"strings"
	"time"

	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// themeCookie holds the reader's choice of appearance, and nothing about the reader.
const themeCookie = "theme"

// themeLife is how long a choice is kept.
const themeLife = 365 * 24 * time.Hour

// maxChoice bounds the form of the choice, in bytes.
const maxChoice = 4 << 10

func themeOf(r *http.Request) ui.Theme {
	c, err := r.Cookie(themeCookie)
	if err != nil {
		return ui.ThemeSystem
	}
	return ui.ThemeOf(c.Value)
}

// chooseTheme keeps the choice and leads back. A page of another site can make a
// browser send this form; all it could do is change the colours.
func chooseTheme(v *visit) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxChoice)
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	theme := ui.ThemeOf(v.r.PostForm.Get("theme"))
	c := &http.Cookie{Name: themeCookie, Value: string(theme), Path: "/", MaxAge: int(themeLife / time.Second),
		Secure: web.Secure(v.r.Context()), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if theme == ui.ThemeSystem {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
	v.w.Header().Set("Location", localPath(v.r.PostForm.Get("return")))
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// localPath lets through a path of this server and nothing else: a browser reads
// "//host" and "/\host" as another server.
func localPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return "/"
		}
	}
	return s
}
