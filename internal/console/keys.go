package console

import (
	"time"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/i18n"
	"garant.example/internal/keys"
	"garant.example/internal/web/ui"
)

// showKeys shows the keyring of the tenant. There is no secret in it.
func showKeys(v *visit) error { return v.keysPage(nil) }

// keysPage shows the keyring, and with a plan what a rotation would do.
func (v *visit) keysPage(plan *keys.Plan) error {
	s, err := v.c.Rings.Status(v.r.Context(), v.tenant.ID)
	if err != nil {
		return err
	}
	p := room{Title: v.t("nav.keys"), Lede: v.t("keys.lede")}
	if v.can(access.Rotate, access.Key) && plan == nil {
		p.Does.add(v.button(v.at("keys", "plan"), ui.Button{Text: v.t("keys.plan"), Kind: ui.Secondary}))
	}
	p.Body.add(v.keyState(s))
	if s.Rotation != nil && plan == nil {
		p.Body.add(section("rotation", v.t("keys.running"), "", v.rotationMeter(*s.Rotation)))
	}
	if plan != nil {
		p.Body.add(v.planBox(*plan))
	}
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

func (v *visit) rotationMeter(p keys.Plan) templ.Component {
	return ui.Meter(ui.Gauge{Label: v.t("keys.progress", i18n.Params{"from": p.From, "to": p.To}), Value: float64(p.Done), Max: float64(p.Total),
		Text: v.t("keys.done", i18n.Params{"done": p.Done, "all": p.Total})})
}

// planBox shows what a rotation would do, with the button that does it.
func (v *visit) planBox(p keys.Plan) templ.Component {
	facts := []ui.KeyValue{fact(v.t("plan.change"), v.t("plan.versions", i18n.Params{"from": p.From, "to": p.To})),
		fact(v.t("plan.blocks"), v.say.Number(p.Blocks)), fact(v.t("plan.named"), v.say.Number(p.Keys)), fact(v.t("plan.subjects"), v.say.Number(p.Subjects)),
		fact(v.t("keys.service"), p.Service), shown(v.t("keys.key"), ui.InlineCode(p.Key))}
	return section("plan", v.t("plan.title"), v.t("plan.lede"), ui.Facts(v.lang, facts),
		form(ui.Form{Action: v.at("keys", "rotate")}, actions(ui.PushButton(ui.Button{Text: v.t("plan.button"), Icon: ui.IconLock}),
			v.link(v.t("cancel"), v.at("keys"), ui.Quiet, ""))))
}

// planRotation is the dry run: nothing changes.
func planRotation(v *visit) error {
	ring, err := v.c.Rings.Open(v.r.Context(), v.permit.Tenant().ID)
	if err != nil {
		return err
	}
	plan, err := ring.PlanKEKRotation(v.r.Context())
	if err != nil {
		return err
	}
	return v.keysPage(&plan)
}

// rotateKeys makes a new version and wraps every key by it. Its leaf comes before
// the rotation does: the house observes the keys.
func rotateKeys(v *visit) error {
	ctx := v.r.Context()
	ring, err := v.c.Rings.Open(ctx, v.permit.Tenant().ID)
	if err != nil {
		return err
	}
	if _, err := ring.RunKEKRotation(ctx, nil); err != nil {
		return err
	}
	v.to(v.at("keys") + "?done=rotated")
	return nil
}
