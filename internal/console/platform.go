package console

import (
	"github.com/a-h/templ"

	"garant.example/internal/audit"
	"garant.example/internal/i18n"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// showPlatform shows how the machine under the platform is.
func showPlatform(v *visit) error {
	p := room{Title: v.t("nav.platform"), Lede: v.t("platform.lede")}
	if v.c.Health != nil {
		h := v.c.Health(v.r.Context())
		p.Body.add(v.spaceBox(h.Space), ui.StatTiles([]ui.Figure{
			{Label: v.t("platform.free"), Value: v.say.Bytes(int64(h.Space.Free)), Note: v.t("platform.warn", i18n.Params{"at": i18n.Size(h.Space.Warn)})},
			{Label: v.t("platform.reserve"), Value: v.say.Bytes(int64(h.Space.Reserve)), Note: v.t("platform.reserve_note")},
			{Label: v.t("platform.open"), Value: v.say.Number(int64(h.Open)), Note: v.t("platform.open_note")},
			{Label: v.t("platform.rings"), Value: v.say.Number(int64(len(v.c.Rings.OpenTenants()))), Note: v.t("platform.rings_note")}}),
			section("doors", v.t("platform.doors"), v.t("platform.doors_lede"), ui.Table(v.doorTable(h.Doors))))
	}
	p.Body.add(section("kms", v.t("keys.kms"), v.t("platform.kms_lede"), ui.Table(v.kmsTable())),
		section("regions", v.t("platform.regions"), v.t("platform.regions_lede"), ui.Table(v.regionTable())))
	return v.show(p)
}

// spaceBox says first whether there is room for the log: without it personal data
// is closed.
func (v *visit) spaceBox(s audit.SpaceState) templ.Component {
	tone := ui.Danger
	switch s.Level {
	case audit.RoomEnough:
		tone = ui.Success
	case audit.RoomLow:
		tone = ui.Warning
	}
	return with(ui.Callout(v.t("space."+s.Level.String()), tone), ui.Paragraph(v.t("space."+s.Level.String()+"_text")))
}

func (v *visit) doorTable(list []web.Listener) ui.TableData {
	t := ui.TableData{Caption: v.t("platform.doors"), CaptionHidden: true, Columns: v.columns("name", "address", "exposure", "protocol")}
	for _, l := range list {
		protocol := "TLS 1.2+"
		if l.Plaintext {
			protocol = v.t("platform.plain")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: l.Name, Strong: true}, ui.Content(ui.InlineCode(l.Addr)), ui.Text(v.t("exposure." + string(l.Exposure))), ui.Text(protocol)}})
	}
	return t
}

// kmsTable shows of each tenant whether its keys open; it asks no KMS.
func (v *visit) kmsTable() ui.TableData {
	t := ui.TableData{Caption: v.t("keys.kms"), CaptionHidden: true, Columns: v.columns("tenant", "service", "#version", "rotated", "state")}
	for _, of := range v.c.Tenants.All() {
		if of.State == tenant.Building || of.State == tenant.Wiped {
			continue
		}
		s, err := v.c.Rings.Status(v.r.Context(), of.ID)
		if err != nil {
			t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: of.Title, Strong: true}, ui.Text("–"), ui.Text("–"), ui.Text("–"), ui.Content(ui.Tag(v.t("keys.closed"), ui.Danger))}})
			continue
		}
		word, tone := "keys.resting", ui.Neutral
		switch {
		case s.Refused != nil:
			word, tone = "keys.closed", ui.Danger
		case s.Silent:
			word, tone = "keys.silent", ui.Warning
		case s.Open:
			word, tone = "keys.open", ui.Success
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: of.Title, Strong: true}, ui.Text(s.Service), ui.Text(v.say.Number(int64(s.KEK))), v.when(s.Rotated), ui.Content(ui.Tag(v.t(word), tone))}})
	}
	return t
}

func (v *visit) regionTable() ui.TableData {
	t := ui.TableData{Caption: v.t("platform.regions"), CaptionHidden: true, Columns: v.columns("region", "law", "country", "city", "engine", "service")}
	for _, r := range v.c.Tenants.Regions() {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: r.Title.In(v.say.Lang()), Strong: true}, ui.Text(v.law(r.Jurisdiction)), ui.Text(v.country(r.Country)), ui.Text(orDash(r.City)),
			ui.Text(engineName(r.Engine)), ui.Content(ui.InlineCode(string(r.KMS)))}})
	}
	return t
}
