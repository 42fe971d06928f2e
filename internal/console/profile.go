package console

import (
	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// showOwnProfile shows a tenant by which rules its data is held.
func showOwnProfile(v *visit) error {
	p, err := v.profileRoom(v.permit)
	if err != nil {
		return err
	}
	return v.show(p)
}

// profileRoom compares what was declared with what is in force.
func (v *visit) profileRoom(permit *access.Permit) (room, error) {
	ctx, t := v.r.Context(), permit.Tenant()
	p := room{Title: v.t("nav.profile")}
	declared, ok := v.c.Profiles.Set().Profile(t.Profile)
	if !ok {
		return p, errs.New(errs.NotFound, "profile.unknown").With("Value", string(t.Profile)).Do("profile.unknown.fix")
	}
	p.Kicker, p.Lede = declared.Title.In(v.say.Lang()), declared.Summary.In(v.say.Lang())
	applied, ok, err := v.c.Profiles.Current(ctx, permit)
	if err != nil {
		return p, err
	}
	drift, err := v.c.Profiles.Drift(ctx, permit)
	if err != nil {
		return p, err
	}
	p.Body.add(v.driftBox(drift))
	facts := []ui.KeyValue{shown(v.t("profile.name"), ui.InlineCode(string(declared.Name))), fact(v.t("profile.declared"), v.say.Number(int64(declared.Version)))}
	if ok {
		facts = append(facts, fact(v.t("profile.in_force"), v.say.Number(int64(applied.Version))), shown(v.t("profile.applied"), ui.Time(v.moment(applied.At))),
			shown(v.t("profile.digest"), ui.HashShort(applied.Digest)))
	}
	p.Body.add(ui.Facts(v.lang, facts))
	if !drift.Declared.IsEmpty() {
		p.Body.add(section("plan", v.t("profile.plan"), v.t("profile.plan_lede"), ui.Table(v.changeTable(drift.Declared, applied.Declared, declared))))
	}
	p.Body.add(section("places", v.t("profile.places"), v.t("profile.places_lede"), ui.Table(v.placementTable(t))),
		section("classes", v.t("profile.classes"), "", ui.Table(v.classTable(declared))),
		section("settings", v.t("profile.settings"), v.t("profile.settings_lede"), ui.Table(v.settingTable(declared))))
	return p, nil
}

func (v *visit) driftBox(d profile.Drift) templ.Component {
	switch {
	case d.Never:
		return with(ui.Callout(v.t("profile.never"), ui.Danger), ui.Paragraph(v.t("profile.never_text")))
	case d.IsNone():
		return with(ui.Callout(v.t("profile.same"), ui.Success), ui.Paragraph(v.t("profile.same_text")))
	case len(d.InForce) > 0:
		return with(ui.Callout(v.t("profile.changed"), ui.Danger), ui.Paragraph(v.t("profile.changed_text", i18n.Params{"parts": d.InForce})))
	}
	return with(ui.Callout(v.n("profile.waiting", int64(len(d.Declared.Changes))), ui.Warning), ui.Paragraph(v.t("profile.waiting_text")))
}

func (v *visit) changeTable(plan profile.Plan, from, to *profile.Profile) ui.TableData {
	t := ui.TableData{Caption: v.t("profile.plan"), CaptionHidden: true, Dense: true, Columns: v.columns("change", "harm")}
	for _, c := range plan.Changes {
		harm := ui.Text("–")
		if words := c.HarmIn(v.say); words != "" {
			harm = ui.Content(ui.Tag(words, ui.Danger))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Text(v.changeWords(c, from, to)), harm}})
	}
	return t
}

func (v *visit) placementTable(t tenant.Tenant) ui.TableData {
	out := ui.TableData{Caption: v.t("profile.places"), CaptionHidden: true, Columns: v.columns("placement", "region", "law", "engine", "classes")}
	for _, p := range t.Placements {
		region, _ := v.c.Tenants.Region(p.Region)
		classes := v.t("placement.others")
		if len(p.Classes) > 0 {
			var words []string
			for _, c := range p.Classes {
				words = append(words, v.className(c))
			}
			classes = joined(words)
		}
		out.Rows = append(out.Rows, ui.Row{Cells: []ui.Cell{{Text: v.placementName(p.Name), Strong: true}, ui.Text(region.Title.In(v.say.Lang())),
			ui.Text(v.law(region.Jurisdiction)), ui.Text(engineName(region.Engine)), ui.Text(classes)}})
	}
	return out
}

func (v *visit) classTable(p *profile.Profile) ui.TableData {
	t := ui.TableData{Caption: v.t("profile.classes"), CaptionHidden: true, Columns: v.columns("class", "level", "handling")}
	for _, c := range p.Classes {
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: c.Title.In(v.say.Lang()), Strong: true}, ui.Text(v.t("level." + string(c.Level))),
			ui.Text(c.Handling.In(v.say.Lang()))}})
	}
	return t
}

func (v *visit) settingTable(p *profile.Profile) ui.TableData {
	t := ui.TableData{Caption: v.t("profile.settings"), CaptionHidden: true, Dense: true, Columns: v.columns("setting", "value", "state")}
	for _, name := range p.Settings.Names() {
		s := p.Settings[name]
		state := ui.Tag(v.t("setting.in_force"), ui.Success)
		if s.Planned {
			state = ui.Tag(v.t("setting.planned"), ui.Neutral)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Text(v.setting(name)), ui.Text(v.settingValue(name, s)), ui.Content(state)}})
	}
	return t
}

// steward enters the tenant of the address as the platform, once the gate has said
// that the operator's person may: the operator decides which profile is declared,
// and sees nothing of the tenant by it.
func (v *visit) steward(action access.Action) (*access.Permit, *profile.Profile, error) {
	of, err := v.customer()
	if err != nil {
		return nil, nil, err
	}
	declared, ok := v.c.Profiles.Set().Profile(of.Profile)
	if !ok {
		return nil, nil, errs.New(errs.NotFound, "profile.unknown").With("Value", string(of.Profile)).Do("profile.unknown.fix")
	}
	who := actor.Platform("profile")
	who.Request = web.RequestID(v.r.Context())
	p, err := v.c.Gate.Enter(actor.In(v.r.Context(), who), access.Ask{Action: action, On: access.Profile, Tenant: of.ID})
	return p, declared, err
}

// showTenantProfile shows the operator the profile of a tenant, and what applying
// the declared one would change.
func showTenantProfile(v *visit) error {
	permit, declared, err := v.steward(access.Read)
	if err != nil {
		return err
	}
	// The words of classes and roles are those of the tenant that is looked at.
	own := v.tenant
	v.tenant = permit.Tenant()
	p, err := v.profileRoom(permit)
	v.tenant = own
	if err != nil {
		return err
	}
	of := permit.Tenant()
	p.Kicker = of.Title + " · " + declared.Title.In(v.say.Lang())
	p.Trail = []ui.Link{{Text: v.t("nav.tenants"), Href: v.at("tenants")}, {Text: of.Title, Href: v.at("tenants", string(of.Slug))}}
	plan, err := v.c.Profiles.Plan(v.r.Context(), permit, declared)
	if err != nil {
		return err
	}
	if !plan.IsEmpty() && v.can(access.Manage, access.Profile) {
		p.Body.add(v.applyBox(of, plan))
	}
	return v.show(p)
}

// applyBox applies the plan that was looked at. What takes something away is asked
// twice.
func (v *visit) applyBox(of tenant.Tenant, plan profile.Plan) templ.Component {
	fields := parts{}
	kind := ui.Primary
	if plan.Harm() != profile.Harmless {
		kind = ui.Dangerous
		fields.add(ui.CheckboxGroup(v.lang, ui.Choices{ID: "f-confirm", Name: "confirm", Legend: v.t("apply.confirm"),
			Options: []ui.Option{{Value: plan.To, Text: v.t("apply.yes")}}}))
	}
	fields.add(actions(ui.PushButton(ui.Button{Text: v.t("apply.button"), Kind: kind})))
	return section("apply", v.t("apply.title"), v.t("apply.lede"), form(ui.Form{Action: v.at("tenants", string(of.Slug), "profile")}, fields...))
}

func applyProfile(v *visit) error {
	permit, declared, err := v.steward(access.Manage)
	if err != nil {
		return err
	}
	who := actor.Platform("profile")
	who.Request = web.RequestID(v.r.Context())
	if _, err := v.c.Profiles.Apply(actor.In(v.r.Context(), who), permit, declared, v.typed("confirm")); err != nil {
		if err := v.again(err); err != nil {
			return err
		}
		return showTenantProfile(v)
	}
	v.to(v.at("tenants", string(permit.Tenant().Slug), "profile") + "?done=applied")
	return nil
}
