package api

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// problemHTML is the page of a problem's type, for a person who follows the link.
func problemHTML(p *i18n.Printer, page ProblemPage) templ.Component {
	lang := ui.Lang(p.Lang())
	facts := []ui.KeyValue{
		{Key: p.T("api.field.code"), Value: page.Code},
		{Key: p.T("api.field.status"), Value: strconv.Itoa(page.Status)},
	}
	body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, part := range []templ.Component{
			ui.PageHeading(ui.Heading{Title: page.Title}), ui.Paragraph(page.Meaning), ui.Facts(lang, facts),
		} {
			if err := part.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
	shell := ui.Portal(ui.PortalPage{Page: ui.Page{Lang: lang, Title: page.Title}, Site: "Garant", Home: "/"})
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return shell.Render(templ.WithChildren(ctx, body), w)
	})
}
