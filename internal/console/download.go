package console

import (
	"net/http"

	"garant.example/internal/web"
)

// download is an answer that becomes a file; its head is sent with its first byte.
type download struct {
	v     *visit
	kind  string
	name  string // of names that profiles and programs chose; never a person's
	begun bool
}

func (d *download) Write(b []byte) (int, error) {
	d.begin()
	return d.v.w.Write(b)
}

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	h := d.v.w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	d.v.w.WriteHeader(http.StatusOK)
}

// end cuts the answer when something failed on the way, so that nobody takes half a
// file for a whole one.
func (d *download) end(err error) error {
	if err == nil {
		d.begin()
		return nil
	}
	if !d.begun {
		return err
	}
	web.Log(d.v.r.Context()).Error("download cut")
	panic(http.ErrAbortHandler)
}
