package console

import (
	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/vault"
	"garant.example/internal/web/ui"
)

// record reads the id of the address.
func (v *visit) record() (id.Record, error) {
	rec, err := id.ParseRecord(v.r.PathValue("record"))
	if err != nil {
		return rec, errs.New(errs.NotFound, "vault.record.unknown").Do("vault.record.unknown.fix")
	}
	return rec, nil
}

// place reads the collection and the record of the address.
func (v *visit) place() (*vault.Collection, id.Record, error) {
	k, err := v.collection()
	if err != nil {
		return nil, id.Record{}, err
	}
	rec, err := v.record()
	return k, rec, err
}

// showRecord shows one record. What is personal stays hidden until a purpose is
// given; a record about nobody has nothing to hide.
func showRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	var r vault.Record
	if k.About == vault.AboutNobody && len(k.Purposes) == 0 {
		r, err = v.c.Vault.Get(v.r.Context(), v.permit, rec, "")
	} else {
		r, err = v.c.Vault.Peek(v.r.Context(), v.permit, rec)
	}
	if err != nil {
		return err
	}
	return v.recordPage(k, r, "")
}

// recordPage shows a record; purpose is why its fields are shown, empty while they
// are not.
func (v *visit) recordPage(k *vault.Collection, r vault.Record, purpose string) error {
	p := room{Title: v.t("record.title", i18n.Params{"id": shortID(r.ID)}), Kicker: k.Title.In(v.say.Lang()), Trail: v.trail(k)}
	if purpose != "" {
		leaf, err := v.ownLeaf(k, r.ID)
		if err != nil {
			return err
		}
		p.Body.add(leaf)
	}
	if r.Restricted {
		p.Body.add(with(ui.Callout(v.t("record.restricted"), ui.Warning), ui.Paragraph(v.t("record.restricted_text"))))
	}
	p.Body.add(v.lifeline(k, r), ui.Facts(v.lang, v.fieldFacts(k, r, purpose != "")))
	if len(r.Masked) > 0 && purpose == "" && v.within(access.Read) {
		p.Does.add(v.link(v.t("record.reveal"), "#reveal", ui.Secondary, ui.IconMasked)) // the way past the masked fields, for whoever has no mouse
		p.Body.add(v.revealBox(k, r))
	}
	p.Body.add(v.recordMoves(k, r), v.personKey(k, r), section("about", v.t("record.about"), "", ui.Facts(v.lang, v.recordFacts(k, r))))
	return v.show(p)
}

// fieldFacts are the fields in the declared order, shown or masked. Once they were
// asked for, a field that holds nothing says so: it does not vanish.
func (v *visit) fieldFacts(k *vault.Collection, r vault.Record, asked bool) []ui.KeyValue {
	values, masked := valuesOf(r), map[id.Name]bool{}
	for _, name := range r.Masked {
		masked[name] = true
	}
	var facts []ui.KeyValue
	for i := range k.Fields {
		f := &k.Fields[i]
		title := f.Title.In(v.say.Lang())
		switch raw, ok := values[string(f.Name)]; {
		case ok:
			facts = append(facts, fact(title, v.value(k, f, raw)))
		case masked[f.Name]:
			facts = append(facts, shown(title, ui.MaskedValue(v.lang, ui.Mask{Label: title})))
		case asked && v.permit.Sees(f.Class):
			facts = append(facts, fact(title, "–"))
		}
	}
	return facts
}

// recordFacts are what the platform knows of the record.
func (v *visit) recordFacts(k *vault.Collection, r vault.Record) []ui.KeyValue {
	facts := []ui.KeyValue{shown(v.t("record.id"), ui.InlineCode(r.ID.String()))}
	if k.About == vault.AboutSubject && !r.Subject.IsZero() {
		facts = append(facts, shown(v.t("record.subject"), ui.InlineCode(r.Subject.String())))
	}
	facts = append(facts, fact(v.t("record.version"), v.say.Number(r.Version)),
		shown(v.t("record.created"), ui.Time(v.moment(r.Created))), shown(v.t("record.updated"), ui.Time(v.moment(r.Updated))))
	if !k.Retention.IsZero() {
		facts = append(facts, fact(v.t("record.due"), v.say.Date(k.Retention.Until(r.Created))))
	}
	leaf := fact(v.t("record.leaf"), v.t("leaf", i18n.Params{"n": r.Leaf}))
	if v.can(access.Read, access.Log) {
		leaf.Action = ui.Link{Text: v.t("record.proof"), Href: v.at("log", formatSeq(r.Leaf)) + placementQuery(k.Placement)}
	}
	return append(facts, leaf)
}

// lifeline draws the life of a record: the states it may pass through, and where it
// is now.
func (v *visit) lifeline(k *vault.Collection, r vault.Record) templ.Component {
	if k.Life == nil {
		return nil
	}
	var stages []ui.Stage
	state := ui.StageDone
	for _, s := range k.Life.States {
		stage := ui.Stage{Title: s.Title.In(v.say.Lang()), State: state}
		if s.Name == r.State {
			stage.State, state = ui.StageNow, ui.StageDue
			stage.When = v.moment(r.Updated)
		}
		stages = append(stages, stage)
	}
	return ui.Lifeline(v.lang, v.t("record.life"), stages)
}

// shownID is where a reader goes on once the fields are shown. After a refusal no
// such place is on the page, and the browser begins at its head, where the refusal is
// told.
const shownID = "shown"

// revealBox asks for the purpose of seeing what is hidden.
func (v *visit) revealBox(k *vault.Collection, r vault.Record) templ.Component {
	var fields parts
	fields.add(v.purposes(k, v.typed("purpose")))
	does := parts{ui.PushButton(ui.Button{Text: v.t("record.reveal"), Icon: ui.IconMasked})}
	if v.within(access.Update) {
		does.add(ui.PushButton(ui.Button{Text: v.t("record.edit"), Kind: ui.Secondary, Name: "then", Value: "edit"}))
	}
	fields.add(actions(does...))
	return section("reveal", v.t("record.hidden"), v.t("record.hidden_text"), form(ui.Form{Action: v.recordHref(k, r.ID) + "/reveal#" + shownID}, fields...))
}

// revealRecord shows the fields for a purpose, or the form that changes them.
func revealRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	purpose := v.typed("purpose")
	if v.typed("then") == "edit" {
		return v.openForm(k, rec, purpose)
	}
	r, err := v.c.Vault.Get(v.r.Context(), v.permit, rec, id.Name(purpose))
	if err != nil {
		return v.hiddenAgain(k, rec, err)
	}
	if purpose == "" {
		purpose = string(ownBusiness)
	}
	return v.recordPage(k, r, purpose)
}

// hiddenAgain shows the masked record with what was wrong.
func (v *visit) hiddenAgain(k *vault.Collection, rec id.Record, err error) error {
	if err := v.again(err); err != nil {
		return err
	}
	permit, err := v.ask(access.Ask{Action: access.Read, On: access.Record})
	if err != nil {
		return err
	}
	r, err := v.c.Vault.Peek(v.r.Context(), permit, rec)
	if err != nil {
		return err
	}
	return v.recordPage(k, r, "")
}

// ownLeaf tells the entry that this very request wrote.
func (v *visit) ownLeaf(k *vault.Collection, rec id.Record) (templ.Component, error) {
	log, release, err := v.permit.Log(v.r.Context(), k.Placement)
	if err != nil {
		return nil, err
	}
	defer release()
	page, err := log.Entries(v.r.Context(), audit.Query{Request: v.who.Request, Object: rec.Raw, NewestFirst: true, Limit: 1})
	if err != nil || len(page.Entries) == 0 {
		return nil, err
	}
	e := page.Entries[0]
	said := parts{ui.Paragraph(v.t("record.logged_text", i18n.Params{"purpose": v.purposeName(k, e.Entry.Purpose)})), ui.Hash(e.Leaf.String())}
	if v.can(access.Read, access.Log) {
		said.add(with(ui.Prose(), ui.TextLink(v.lang, ui.Link{Text: v.t("record.proof"), Href: v.at("log", formatSeq(e.Seq)) + placementQuery(k.Placement)})))
	}
	return with(ui.Landing(shownID), with(ui.Callout(v.t("record.logged", i18n.Params{"n": e.Seq}), ui.Info), said...)), nil
}

// recordMoves are the transitions and the other acts that the visitor may do now.
func (v *visit) recordMoves(k *vault.Collection, r vault.Record) templ.Component {
	var does parts
	version := ui.Hidden{Name: "version", Value: r.ETag()}
	href := v.recordHref(k, r.ID)
	if k.Life != nil && !r.Restricted {
		for _, e := range k.Life.Edges {
			if e.From == r.State && v.may(access.Ask{Action: access.Transition, On: access.Record, Edge: e}) {
				does.add(v.button(href+"/move", ui.Button{Text: v.t("record.move", i18n.Params{"state": v.stateName(k, e.To)}), Kind: ui.Secondary},
					version, ui.Hidden{Name: "from", Value: string(e.From)}, ui.Hidden{Name: "into", Value: string(e.To)}))
			}
		}
	}
	if v.within(access.Update) && len(r.Masked) == 0 && !r.Restricted {
		does.add(v.button(href+"/edit", ui.Button{Text: v.t("record.edit"), Kind: ui.Secondary}, ui.Hidden{Name: "purpose", Value: v.typed("purpose")}))
	}
	if v.within(access.Restrict) && k.About == vault.AboutSelf {
		word, on := "record.restrict", "true"
		if r.Restricted {
			word, on = "record.release", "false"
		}
		does.add(v.button(href+"/restrict", ui.Button{Text: v.t(word), Kind: ui.Secondary, Icon: ui.IconSlashCircle}, version, ui.Hidden{Name: "on", Value: on}))
	}
	if v.within(access.Delete) && !r.Restricted {
		does.add(v.link(v.t("record.delete"), href+"/delete", ui.Quiet, ""))
	}
	if len(does) == 0 {
		return nil
	}
	return section("acts", v.t("record.acts"), "", actions(does...))
}

// personKey leads to the plan of a new key for the person of the record, for those who
// may rotate keys.
func (v *visit) personKey(k *vault.Collection, r vault.Record) templ.Component {
	person := r.Subject
	if k.About == vault.AboutSelf {
		person = id.Subject{Raw: r.ID.Raw}
	}
	if k.About == vault.AboutNobody || person.IsZero() || !v.can(access.Rotate, access.Key) {
		return nil
	}
	return section("key", v.t("record.key"), v.t("record.key_lede"), actions(v.button(v.at("keys", "plan"), ui.Button{Text: v.t("keys.plan"), Kind: ui.Secondary, Describe: v.t("record.key")},
		ui.Hidden{Name: "level", Value: string(keys.LevelSubjects)}, ui.Hidden{Name: "subject", Value: person.String()})))
}

// done leads back to the record and says what happened.
func (v *visit) done(k *vault.Collection, rec id.Record, what string) error {
	v.to(v.recordHref(k, rec) + "?done=" + what)
	return nil
}

// moveRecord carries a record to another state; the gate was asked for exactly this
// transition.
func moveRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	if _, err := v.c.Vault.Move(v.r.Context(), v.permit, rec, v.typed("version")); err != nil {
		return v.hiddenAgain(k, rec, err)
	}
	return v.done(k, rec, "moved")
}

func restrictRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	on := v.typed("on") == "true"
	if _, err := v.c.Vault.Restrict(v.r.Context(), v.permit, rec, v.typed("version"), on); err != nil {
		return v.hiddenAgain(k, rec, err)
	}
	if on {
		return v.done(k, rec, "restricted")
	}
	return v.done(k, rec, "released")
}

// deleteForm asks again, because nothing brings a record back.
func deleteForm(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	permit, err := v.ask(access.Ask{Action: access.Read, On: access.Record})
	if err != nil {
		return err
	}
	r, err := v.c.Vault.Peek(v.r.Context(), permit, rec)
	if err != nil {
		return err
	}
	return v.show(room{Title: v.t("delete.title"), Kicker: k.Title.In(v.say.Lang()), Trail: append(v.trail(k),
		ui.Link{Text: v.t("record.title", i18n.Params{"id": shortID(rec)}), Href: v.recordHref(k, rec)}), Body: parts{
		with(ui.Callout(v.t("delete.warning"), ui.Danger), ui.Paragraph(v.t("delete.text"))),
		form(ui.Form{Action: v.recordHref(k, rec) + "/delete", Hidden: []ui.Hidden{{Name: "version", Value: r.ETag()}}}, actions(
			ui.PushButton(ui.Button{Text: v.t("delete.button"), Kind: ui.Dangerous}), v.link(v.t("cancel"), v.recordHref(k, rec), ui.Quiet, "")))}})
}

func deleteRecord(v *visit) error {
	k, rec, err := v.place()
	if err != nil {
		return err
	}
	if err := v.c.Vault.Delete(v.r.Context(), v.permit, rec, v.typed("version")); err != nil {
		return err
	}
	v.to(v.inCollection(k, "") + "?done=deleted")
	return nil
}

// placementQuery names the log of a placement; nothing for the main one.
func placementQuery(name id.Name) string {
	if name == "" || name == mainPlacement {
		return ""
	}
	return "?placement=" + string(name)
}
