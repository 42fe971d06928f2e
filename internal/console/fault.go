package console

import (
	"log/slog"
	"net/http"
	"strings"

	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

func webStatus(code errs.Code) int { return web.Status(code) }

// gone notes an answer that nobody waited for: there is nobody left to tell.
func gone(err error) error {
	if err != nil {
		return errs.New(errs.Unavailable, "console.gone").Cause(err)
	}
	return nil
}

// fault answers what went wrong: as a page for people, as a problem for programs.
func (v *visit) fault(err error) {
	if errs.Of(err).Key == "console.gone" {
		web.Log(v.r.Context()).Debug("answer cut", slog.Any("cause", err))
		return
	}
	if !strings.Contains(v.r.Header.Get("Accept"), "text/html") {
		web.WriteProblem(v.w, v.r, err)
		return
	}
	p := web.ProblemOf(v.say, web.RequestID(v.r.Context()).String(), err)
	if p.Status >= http.StatusInternalServerError {
		web.Log(v.r.Context()).Error("problem", slog.String("code", string(p.Code)), slog.Any("cause", err))
	}
	v.failed = nil
	if p.Status == http.StatusNotFound && v.tenant.ID.IsZero() {
		v.base = ""
	}
	page := v.frame(p.Title)
	body := parts{ui.PageHeading(ui.Heading{Kicker: p.Title, Title: p.Detail, Lede: p.Fix})}
	body.add(ui.Paragraph(v.t("fault.request", i18n.Params{"id": p.RequestID})))
	if v.base != "" {
		body.add(actions(v.link(v.t("fault.home"), v.at(""), ui.Secondary, "")))
	}
	if failed := v.html(p.Status, with(ui.Console(page), body...)); failed != nil {
		web.Log(v.r.Context()).Debug("answer cut", slog.Any("cause", failed))
	}
}
