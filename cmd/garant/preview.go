package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"garant.example/internal/i18n"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
	"garant.example/internal/web/ui/story"
)

func (p *program) previewCommand() *cobra.Command {
	var listen string
	c := p.verb("preview", "", nil, func(c *call) error { return c.preview(listen) })
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", p.words.T("cli.flag.listen_here"))
	return c
}

// preview serves the sample pages on loopback until it is stopped.
func (c *call) preview(listen string) error {
	mux := http.NewServeMux()
	mux.Handle(ui.AssetPrefix, ui.Assets())
	mux.HandleFunc("GET "+story.Prefix+"{lang}/{slug}", stories)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		lang := ui.Lang(c.words.Lang())
		http.Redirect(w, r, story.Prefix+string(lang)+"/"+story.All(lang, ui.ThemeSystem)[0].Slug, http.StatusFound)
	})
	kit := &web.Kit{Catalog: i18n.Must(), Clock: c.clock, Log: quiet(), Lang: c.words.Lang()}
	server, err := web.Open(quiet(), web.Door{Listener: web.Listener{Name: "preview", Addr: listen, Scope: []string{"preview"},
		Exposure: web.Loopback, Plaintext: true}, Handler: kit.Wrap(mux)})
	if err != nil {
		return err
	}
	address := "http://" + strings.Replace(server.Listeners()[0].Addr, "127.0.0.1", "localhost", 1) + "/"
	fmt.Fprintln(c.out, address)
	c.say("cli.preview.stop")
	return server.Run(c.ctx, 0)
}

// stories serves the sample page of a path.
func stories(w http.ResponseWriter, r *http.Request) {
	for _, s := range story.All(ui.Lang(r.PathValue("lang")), ui.ThemeOf(r.URL.Query().Get("theme"))) {
		if s.Slug == r.PathValue("slug") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_ = s.Page.Render(r.Context(), w) // the reader is gone
			return
		}
	}
	http.NotFound(w, r)
}
