package console

import (
	"slices"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/web/ui"
)

// turns says where each level of keys stands in the schedule of the profile in force.
// While the keys are closed the profile cannot be read: there is no schedule to show.
func (v *visit) turns(s keys.Status) ([]keys.Turn, error) {
	terms, err := v.c.Profiles.KeyTerms(v.r.Context(), v.tenant)
	if err != nil && !errs.Is(err, errs.Sealed) {
		return nil, err
	}
	return s.Turns(terms, v.c.Clock.Now()), nil
}

// rotationState shows what is under way, and first what demands attention.
func (v *visit) rotationState(s keys.Status, turns []keys.Turn) (out parts) {
	if slices.ContainsFunc(turns, func(t keys.Turn) bool { return t.Overdue }) {
		out.add(ui.Callout(v.t("rotation.overdue"), ui.Danger), ui.Paragraph(v.t("rotation.overdue_text")))
	}
	var meters []templ.Component
	if s.Rotation != nil {
		meters = append(meters, v.rotationMeter(*s.Rotation))
	}
	for _, r := range s.Rotations {
		if !r.Running {
			continue
		}
		if r.Trouble != keys.NoTrouble {
			out.add(ui.Callout(v.t("rotation.trouble."+string(r.Trouble)), ui.Warning), ui.Paragraph(r.TroubleAt))
		}
		meters = append(meters, ui.Meter(ui.Gauge{Label: v.t("rotation.level." + string(r.Level)), Value: float64(r.Done), Max: float64(max(1, r.Total)),
			Text: v.t("keys.done", i18n.Params{"done": r.Done, "all": r.Total})}))
	}
	if len(meters) > 0 {
		out.add(section("rotation", v.t("keys.running"), "", meters...))
	}
	return out
}

// turnTable is the schedule, with the way to a plan of each level.
func (v *visit) turnTable(turns []keys.Turn) ui.TableData {
	t := ui.TableData{Caption: v.t("rotation.title"), CaptionHidden: true, Dense: true, Columns: v.columns("level", "rotated", "due", "deadline", "state", "act")}
	for _, turn := range turns {
		state := ui.Tag(v.t("rotation.in_time"), ui.Success)
		switch {
		case turn.Overdue:
			state = ui.Tag(v.t("rotation.late"), ui.Danger)
		case turn.Running:
			state = ui.Tag(v.t("rotation.now"), ui.Info)
		}
		cells := []ui.Cell{ui.Text(v.t("rotation.level." + string(turn.Level))), v.when(turn.Last), v.when(turn.Due), v.when(turn.Deadline), ui.Content(state), ui.Text("")}
		if v.can(access.Rotate, access.Key) {
			cells[5] = ui.Content(v.button(v.at("keys", "plan"), ui.Button{Text: v.t("keys.plan"), Kind: ui.Secondary, Describe: v.t("rotation.level." + string(turn.Level))}, ui.Hidden{Name: "level", Value: string(turn.Level)}))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

func (v *visit) rotationMeter(p keys.Plan) templ.Component {
	return ui.Meter(ui.Gauge{Label: v.t("keys.progress", i18n.Params{"from": p.From, "to": p.To}), Value: float64(p.Done), Max: float64(p.Total),
		Text: v.t("keys.done", i18n.Params{"done": p.Done, "all": p.Total})})
}

// level is the level that a form names; the first of all when it names none.
func (v *visit) level() (keys.Level, error) {
	level := keys.Level(v.r.PostFormValue("level"))
	if level == "" {
		level = keys.LevelKEK
	}
	if !slices.Contains(keys.Levels(), level) {
		return "", errs.New(errs.Invalid, "console.rotation.level")
	}
	return level, nil
}

// onePerson is the person that a form names: that one's key alone is meant. It is
// zero when the form names none.
func (v *visit) onePerson(level keys.Level) (id.Subject, error) {
	text := v.typed("subject")
	if text == "" {
		return id.Subject{}, nil
	}
	person, err := id.ParseSubject(text)
	if err != nil {
		return person, errs.New(errs.NotFound, "vault.subject.unknown")
	}
	if level != keys.LevelSubjects {
		return person, errs.New(errs.Invalid, "console.rotation.level")
	}
	return person, nil
}

// planRotation is the dry run: nothing changes.
func planRotation(v *visit) error {
	level, err := v.level()
	if err != nil {
		return err
	}
	person, err := v.onePerson(level)
	if err != nil {
		return err
	}
	lede := v.t("rotation.plan_lede")
	hidden := []ui.Hidden{{Name: "level", Value: string(level)}}
	if level == keys.LevelKEK {
		lede = v.t("plan.lede")
	}
	if !person.IsZero() {
		hidden = append(hidden, ui.Hidden{Name: "subject", Value: person.String()})
	}
	facts, err := v.planFacts(level, person)
	if err != nil {
		return err
	}
	return v.keysPage(section("plan", v.t("plan.title"), lede, ui.Facts(v.lang, facts), form(ui.Form{Action: v.at("keys", "rotate"), Hidden: hidden},
		actions(ui.PushButton(ui.Button{Text: v.t("plan.button"), Icon: ui.IconLock}), v.link(v.t("cancel"), v.at("keys"), ui.Quiet, "")))))
}

// planFacts are what a rotation would be about.
func (v *visit) planFacts(level keys.Level, person id.Subject) ([]ui.KeyValue, error) {
	ctx, t := v.r.Context(), v.permit.Tenant()
	if level == keys.LevelKEK {
		ring, err := v.c.Rings.Open(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		p, err := ring.PlanKEKRotation(ctx)
		return v.kekFacts(p), err
	}
	if !person.IsZero() {
		rows, err := v.c.Rotator.PlanSubject(ctx, t, person)
		return []ui.KeyValue{fact(v.t("rotation.which"), v.t("record.key")), shown(v.t("record.subject"), ui.InlineCode(person.String())),
			fact(v.t("rotation.rows"), v.say.Number(rows))}, err
	}
	rows, replaced, err := v.c.Rotator.Plan(ctx, t, level)
	return []ui.KeyValue{fact(v.t("rotation.which"), v.t("rotation.level."+string(level))), fact(v.t("rotation.replaced"), v.say.Number(replaced)),
		fact(v.t("rotation.rows"), v.say.Number(rows))}, err
}

func (v *visit) kekFacts(p keys.Plan) []ui.KeyValue {
	return []ui.KeyValue{fact(v.t("plan.change"), v.t("plan.versions", i18n.Params{"from": p.From, "to": p.To})),
		fact(v.t("plan.blocks"), v.say.Number(p.Blocks)), fact(v.t("plan.named"), v.say.Number(p.Keys)), fact(v.t("plan.subjects"), v.say.Number(p.Subjects)),
		fact(v.t("keys.service"), p.Service), shown(v.t("keys.key"), ui.InlineCode(p.Key))}
}

// rotateKeys rotates the keys of a level: the key that wraps the others at once, data
// keys in the background. The leaf comes before the rotation does: the house observes
// the keys.
func rotateKeys(v *visit) error {
	level, err := v.level()
	if err != nil {
		return err
	}
	person, err := v.onePerson(level)
	if err != nil {
		return err
	}
	ctx, t := v.r.Context(), v.permit.Tenant()
	if level != keys.LevelKEK {
		if person.IsZero() {
			_, err = v.c.Rotator.Begin(ctx, t, level)
		} else {
			_, err = v.c.Rotator.BeginSubject(ctx, t, person)
		}
		if err != nil {
			return err
		}
		v.to(v.at("keys") + "?done=rotating")
		return nil
	}
	ring, err := v.c.Rings.Open(ctx, t.ID)
	if err != nil {
		return err
	}
	if _, err := ring.RunKEKRotation(ctx, nil); err != nil {
		return err
	}
	v.to(v.at("keys") + "?done=rotated")
	return nil
}
