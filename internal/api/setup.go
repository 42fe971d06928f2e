package api

import (
	"net/http"
	"strings"

	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/identity"
	"garant.example/internal/web"
)

// Setup makes the operator's first account with the secret of the one-time link.
type Setup struct {
	Secret   string `json:"secret"`
	Person   Person `json:"person"`
	Password string `json:"password"`
}

func finishSetup(c *call) error {
	var in Setup
	if err := web.ReadJSON(c.r, &in); err != nil {
		return err
	}
	ctx := actor.In(c.r.Context(), stranger(c.r))
	a, err := c.api.Identity.FinishSetup(ctx, in.Secret, identity.First{Person: identity.Person(in.Person), Password: in.Password})
	if err != nil {
		return err
	}
	return c.account1(a)
}

// ProblemPage explains one type of problem to people.
type ProblemPage struct {
	Code      string `json:"code"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Meaning   string `json:"meaning"`
	Retryable bool   `json:"retryable"`
}

// explainProblem is the page behind the "type" of a problem document.
func explainProblem(c *call) error {
	code := errs.Code(c.r.PathValue("code"))
	printer := web.Printer(c.r.Context())
	key := "api.problems." + string(code)
	if !printer.Has(key) {
		return errs.New(errs.NotFound, "api.problems.none").Do("api.problems.none.fix")
	}
	page := ProblemPage{Code: string(code), Title: printer.T("error." + string(code)), Status: web.Status(code),
		Meaning: printer.T(key), Retryable: web.Retryable(code)}
	h := c.w.Header()
	h.Set("Content-Language", printer.Lang())
	h.Add("Vary", "Accept")
	if !strings.Contains(c.r.Header.Get("Accept"), "text/html") {
		return c.answer(page)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	return problemHTML(printer, page).Render(c.r.Context(), c.w)
}
