package portal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"garant.example/internal/i18n"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// visit is one request on its way through a handler.
type visit struct {
	p       *Portal
	route   *Route
	w       http.ResponseWriter
	r       *http.Request
	say     *i18n.Printer
	lang    ui.Lang
	theme   ui.Theme
	hosted  bool             // the host name belongs to the tenant
	tenant  tenant.Tenant    // of the path, or of the host
	profile *profile.Profile // of the tenant
}

// speak takes the language that the request has now.
func (v *visit) speak() {
	v.say = web.Printer(v.r.Context())
	if v.say == nil { // outside web.Kit
		v.say = v.p.Catalog.Printer(i18n.English)
	}
	v.lang = ui.Lang(v.say.Lang())
}

// policy is stricter than the toolkit's: nothing here runs a script or speaks to
// anybody.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// life is how long a copy may be shown without asking again. It is short, because a
// promise that turned red must be seen.
const life = "public, max-age=10"

// page answers with a page.
func (v *visit) page(c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(v.r.Context(), &b); err != nil {
		return err
	}
	h := v.w.Header()
	h.Add("Vary", "Cookie") // the appearance
	return v.send(b.Bytes())
}

// file answers with what is for programs; anybody's page may read it.
func (v *visit) file(b []byte) error {
	h := v.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return v.send(b)
}

// compressible is the size from which compressing is worth the work, in bytes.
const compressible = 2 << 10

// send answers with a body of the route's type, unless the client has it already.
func (v *visit) send(body []byte) error {
	sum := sha256.Sum256(body)
	version := hex.EncodeToString(sum[:16])
	h := v.w.Header()
	h.Add("Vary", "Accept-Encoding")
	h.Set("Content-Type", v.route.Answer)
	h.Set("Content-Language", v.say.Lang())
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", life)
	packed := len(body) > compressible && strings.Contains(v.r.Header.Get("Accept-Encoding"), "gzip")
	if packed {
		version += "-gz"
	}
	h.Set("ETag", web.ETag(version))
	if web.NotModified(v.r, version) {
		v.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if packed {
		h.Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(v.w)
		_, err := zip.Write(body)
		if closed := zip.Close(); err == nil {
			err = closed
		}
		v.gone(err)
		return nil
	}
	_, err := v.w.Write(body)
	v.gone(err)
	return nil
}

// gone notes an answer that nobody waited for: there is nobody left to tell.
func (v *visit) gone(err error) {
	if err != nil {
		web.Log(v.r.Context()).Debug("answer cut", slog.Any("cause", err))
	}
}

// fault answers what went wrong.
func (v *visit) fault(err error) {
	if !strings.Contains(v.r.Header.Get("Accept"), "text/html") {
		web.WriteProblem(v.w, v.r, err)
		return
	}
	problem := web.ProblemOf(v.say, web.RequestID(v.r.Context()).String(), err)
	if problem.Status >= http.StatusInternalServerError {
		web.Log(v.r.Context()).Error("problem", slog.String("code", string(problem.Code)), slog.Any("cause", err))
	}
	var b bytes.Buffer
	if renderErr := faultView(v.faultOf(problem)).Render(v.r.Context(), &b); renderErr != nil {
		web.WriteProblem(v.w, v.r, err)
		return
	}
	h := v.w.Header()
	h.Set("Content-Type", html)
	h.Set("Content-Language", v.say.Lang())
	h.Set("Content-Security-Policy", policy)
	v.w.WriteHeader(problem.Status)
	if v.r.Method != http.MethodHead {
		_, writeErr := v.w.Write(b.Bytes())
		v.gone(writeErr)
	}
}
