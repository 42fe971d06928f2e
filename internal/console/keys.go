package console

import (
	"time"

	"github.com/a-h/templ"

	"garant.example/internal/i18n"
	"garant.example/internal/keys"
	"garant.example/internal/web/ui"
)

// showKeys shows the keyring of the tenant. There is no secret in it.
func showKeys(v *visit) error { return v.keysPage(nil) }

// keysPage shows the keyring, and with a plan what a rotation would do.
func (v *visit) keysPage(plan templ.Component) error {
	s, err := v.c.Rings.Status(v.r.Context(), v.tenant.ID)
	if err != nil {
		return err
	}
	p := room{Title: v.t("nav.keys"), Lede: v.t("keys.lede")}
	turns, err := v.turns(s)
	if err != nil {
		return err
	}
	p.Body.add(v.keyState(s))
	p.Body.add(v.rotationState(s, turns)...)
	if plan != nil {
		p.Body.add(plan)
	}
	p.Body.add(section("schedule", v.t("rotation.title"), v.t("rotation.lede"), ui.Table(v.turnTable(turns))))
	p.Body.add(ui.StatTiles([]ui.Figure{
		{Label: v.t("keys.version"), Value: v.say.Number(int64(s.KEK)), Note: v.t("keys.age", i18n.Params{"age": v.age(s.Rotated)})},
		{Label: v.t("keys.subjects"), Value: v.say.Number(s.Reserved), Note: v.t("keys.of", i18n.Params{"all": s.Keys})},
		{Label: v.t("keys.shredded"), Value: v.say.Number(s.Shredded), Note: v.t("keys.shredded_note")},
		{Label: v.t("keys.old"), Value: v.say.Number(s.OldWrap), Note: v.t("keys.old_note")}}),
		section("kms", v.t("keys.kms"), v.t("keys.kms_lede"), ui.Facts(v.lang, v.keyFacts(s))),
		section("named", v.t("keys.named"), v.t("keys.named_lede"), ui.Table(v.namedTable(s.Named))))
	return v.show(p)
}

func (v *visit) age(since time.Time) string {
	if since.IsZero() {
		return "–"
	}
	return v.say.Duration(v.c.Clock.Now().Sub(since))
}

// keyState says first whether the keys can be used.
func (v *visit) keyState(s keys.Status) templ.Component {
	switch {
	case s.Refused != nil:
		said := v.say.Error(s.Refused)
		return with(ui.Callout(v.t("keys.closed"), ui.Danger), ui.Paragraph(said.Detail+" "+said.Fix))
	case s.Silent:
		return with(ui.Callout(v.t("keys.silent"), ui.Warning), ui.Paragraph(v.t("keys.silent_text", i18n.Params{"until": s.ClosedAfter})))
	case s.Open:
		return with(ui.Callout(v.t("keys.open"), ui.Success), ui.Paragraph(v.t("keys.open_text", i18n.Params{"at": s.Confirmed})))
	}
	return with(ui.Callout(v.t("keys.resting"), ui.Info), ui.Paragraph(v.t("keys.resting_text")))
}

func (v *visit) keyFacts(s keys.Status) []ui.KeyValue {
	facts := []ui.KeyValue{fact(v.t("keys.service"), s.Service), shown(v.t("keys.key"), ui.InlineCode(s.Key)),
		shown(v.t("keys.created"), ui.Time(v.moment(s.Created))), shown(v.t("keys.rotated"), ui.Time(v.moment(s.Rotated))),
		shown(v.t("keys.wrapped"), ui.Time(v.moment(s.Wrapped))), fact(v.t("keys.probe"), v.say.Duration(s.ProbePeriod)),
		fact(v.t("keys.grace"), v.say.Duration(s.OutageGrace))}
	if s.ConfiguredService != s.Service || s.ConfiguredKey != s.Key {
		facts = append(facts, fact(v.t("keys.configured"), s.ConfiguredService+" "+s.ConfiguredKey))
	}
	return facts
}

func (v *visit) namedTable(list []keys.NamedVersion) ui.TableData {
	t := ui.TableData{Caption: v.t("keys.named"), CaptionHidden: true, Dense: true, Columns: v.columns("name", "#version", "use", "state", "created"), Empty: v.t("keys.none")}
	for _, n := range list {
		tone := ui.Neutral
		if n.State == "active" {
			tone = ui.Success
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Content(ui.InlineCode(n.Name)), ui.Text(v.say.Number(int64(n.Version))), ui.Text(v.t("keys.use." + n.Kind)),
			ui.Content(ui.Tag(v.t("keys.state."+n.State), tone)), v.when(n.Created)}})
	}
	return t
}
