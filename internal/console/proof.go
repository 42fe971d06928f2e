package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
	"garant.example/internal/id"
	"garant.example/internal/web/ui"
)

type templComponent = templ.Component

// sortedBy lists the keys of a map in the order of its values.
func sortedBy(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(m[a]+a, m[b]+b) })
	return keys
}

// sequence is the number of the entry of the address.
func (v *visit) sequence() (uint64, error) {
	n, err := strconv.ParseUint(v.r.PathValue("seq"), 10, 63)
	if err != nil {
		return 0, errs.New(errs.NotFound, "console.entry.unknown")
	}
	return n, nil
}

// showEntry shows one entry with what proves it.
func showEntry(v *visit) error {
	seq, err := v.sequence()
	if err != nil {
		return err
	}
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	ctx := v.r.Context()
	e, err := log.Entry(ctx, seq)
	if err != nil {
		return err
	}
	file, err := log.InclusionFile(ctx, seq, true)
	if err != nil {
		return err
	}
	seen := v.permit.Entry(audit.LogRead)
	seen.Count = 1
	if _, err := log.Append(ctx, seen); err != nil {
		return err
	}
	names, err := v.reader()
	if err != nil {
		return err
	}
	p := room{Title: v.t("leaf", i18n.Params{"n": seq}), Lede: names.actor(e.Entry.Actor) + " " + v.told(e.Entry),
		Trail: []ui.Link{{Text: v.t("nav.log"), Href: v.at("log") + placementQuery(v.placement())}}}
	if v.can(access.Prove, access.Log) {
		p.Does.add(v.link(v.t("proof.file"), v.at("log", formatSeq(seq), "proof")+placementQuery(v.placement()), ui.Secondary, ui.IconProof))
	}
	p.Body.add(ui.Facts(v.lang, names.entryFacts(e)), section("proof", v.t("proof.title"), v.t("proof.meaning"), v.proof(e, file, log.VerifierKey())...))
	return v.show(p)
}

// entryFacts are everything that an entry says.
func (r *reader) entryFacts(e audit.Record) []ui.KeyValue {
	v, x := r.v, e.Entry
	line := r.entry(e)
	facts := []ui.KeyValue{shown(v.t("column.when"), ui.Time(v.moment(x.At))), fact(v.t("entry.actor"), line.Actor)}
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, fact(v.t(key), value))
		}
	}
	code := func(key, value string) {
		if value != "" {
			facts = append(facts, shown(v.t(key), ui.InlineCode(value)))
		}
	}
	code("entry.ref", x.Actor.Ref)
	if x.Actor.Address.IsValid() {
		code("entry.address", x.Actor.Address.String())
	}
	add("entry.agent", x.Actor.Agent)
	if line.Object.Text != "" {
		object := fact(v.t("entry.object"), line.Object.Text)
		if line.Object.Href != "" {
			object = shown(object.Key, ui.TextLink(v.lang, line.Object))
		}
		facts = append(facts, object)
	}
	if !x.Object.IsZero() {
		code("entry.id", objectID(x.Kind, x.Object))
	}
	add("entry.outcome", v.t("outcome."+x.Outcome.String()))
	add("entry.reason", line.Reason)
	add("entry.purpose", line.Purpose)
	add("entry.fields", v.fieldNames(x))
	if x.Count > 0 {
		add("entry.count", v.say.Number(x.Count))
	}
	for _, name := range sortedBy(keysOf(x.Detail)) {
		facts = append(facts, shown(v.detail(name), ui.InlineCode(x.Detail[name])))
	}
	if !x.Request.IsZero() {
		code("entry.request", x.Request.String())
	}
	return facts
}

func keysOf(m map[string]string) map[string]string {
	out := map[string]string{}
	for k := range m {
		out[k] = k
	}
	return out
}

// fieldNames are the fields that were touched or shown, in words.
func (v *visit) fieldNames(e audit.Entry) string {
	var words []string
	declared, known := v.c.Profiles.Set().Profile(v.tenant.Profile)
	for _, name := range e.Fields {
		word := string(name)
		if known {
			if c, ok := declared.Declared(e.Collection); ok {
				if f, ok := c.Field(name); ok {
					word = f.Title.In(v.say.Lang())
				}
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// proof shows the leaf, the way to the root, and the command that checks both
// without this server.
func (v *visit) proof(e audit.Record, file casefile.Inclusion, key string) parts {
	facts := []ui.KeyValue{shown(v.t("proof.leaf"), ui.Hash(e.Leaf.String()))}
	var way []ui.KeyValue
	for i, h := range file.Proof {
		way = append(way, shown(v.t("proof.step", i18n.Params{"n": i + 1}), ui.Hash(h.String())))
	}
	var out parts
	out.add(ui.Paragraph(v.t("proof.limit")))
	command := "garant-verify --key '" + key + "' " + proofName(e.Seq)
	out.add(ui.CodeBlock(ui.Code{Label: v.t("proof.command"), Shell: true, Text: command}), ui.Facts(v.lang, facts))
	inside := parts{ui.Paragraph(v.t("proof.lede"))}
	if len(way) > 0 {
		inside.add(ui.Facts(v.lang, way))
	}
	inside.add(ui.CodeBlock(ui.Code{Label: v.t("proof.checkpoint"), Text: strings.TrimSpace(file.Checkpoint)}))
	out.add(with(ui.Details(v.n("proof.way", int64(len(way))), false), inside...))
	return out
}

func proofName(seq uint64) string { return "garant-entry-" + formatSeq(seq) + ".json" }

// downloadProof hands the proof out as a file. It shows nothing of the entry: whoever
// may prove need not be one who may read.
func downloadProof(v *visit) error {
	seq, err := v.sequence()
	if err != nil {
		return err
	}
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	file, err := log.InclusionFile(v.r.Context(), seq, false)
	if err != nil {
		return err
	}
	b, err := casefile.Marshal(file)
	if err != nil {
		return err
	}
	out := &download{v: v, kind: "application/json", name: proofName(seq)}
	_, err = out.Write(b)
	return gone(err)
}

func downloadCheckpoint(v *visit) error {
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	point, err := log.Checkpoint(v.r.Context())
	if err != nil {
		return err
	}
	out := &download{v: v, kind: "text/plain; charset=utf-8", name: string(v.tenant.Slug) + "-checkpoint.txt"}
	_, err = out.Write(point.Note)
	return gone(err)
}

// downloadBundle hands out every entry with its proof. That it was handed out is in
// the log first.
func downloadBundle(v *visit) error {
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	if _, err := log.Append(v.r.Context(), v.permit.Entry(audit.LogExport)); err != nil {
		return err
	}
	out := &download{v: v, kind: "application/zip", name: string(v.tenant.Slug) + "-case.zip"}
	_, err = log.Bundle(v.r.Context(), out, audit.Period{})
	return out.end(err)
}

// verifyLog reads the whole log again, and compares the rows with it.
func verifyLog(v *visit) error {
	log, release, err := v.log()
	if err != nil {
		return err
	}
	defer release()
	ctx := v.r.Context()
	began := v.c.Clock.Now()
	report, err := log.Verify(ctx, audit.VerifyOptions{})
	if err != nil {
		return err
	}
	culprits, problems, rows := report.Culprits, report.Problems, uint64(0)
	if v.c.Rows != nil {
		found, err := log.VerifyRows(ctx, v.c.Rows(ctx, v.permit.Tenant(), v.placement()))
		if err != nil {
			return err
		}
		culprits, problems, rows = append(culprits, found.Culprits...), problems+found.Problems, found.Rows
	}
	took := v.c.Clock.Now().Sub(began)
	p := room{Title: v.t("verify.title"), Lede: v.placementName(v.placement()),
		Trail: []ui.Link{{Text: v.t("nav.log"), Href: v.at("log") + placementQuery(v.placement())}}}
	if problems == 0 {
		p.Body.add(with(ui.Callout(v.t("verify.sound"), ui.Success), ui.Paragraph(v.t("verify.sound_text", i18n.Params{"took": took}))))
	} else {
		p.Body.add(with(ui.Callout(v.n("verify.broken", int64(problems)), ui.Danger), ui.Paragraph(v.t("verify.broken_text"))), ui.Table(v.culpritTable(culprits)))
	}
	p.Body.add(ui.StatTiles([]ui.Figure{
		{Label: v.t("verify.size"), Value: v.say.Number(int64(report.Size))}, {Label: v.t("verify.hashed"), Value: v.say.Number(int64(report.Hashed))},
		{Label: v.t("verify.opened"), Value: v.say.Number(int64(report.Opened))}, {Label: v.t("verify.rows"), Value: v.say.Number(int64(rows))},
		{Label: v.t("verify.checkpoints"), Value: v.say.Number(int64(report.Checkpoints))}}),
		ui.Facts(v.lang, []ui.KeyValue{shown(v.t("verify.origin"), ui.InlineCode(report.Origin)), shown(v.t("verify.root"), ui.Hash(report.Root.String())),
			shown(v.t("verify.first"), ui.Time(v.moment(report.First))), shown(v.t("verify.last"), ui.Time(v.moment(report.Last)))}))
	return v.show(p)
}

func (v *visit) culpritTable(list []audit.Culprit) ui.TableData {
	t := ui.TableData{Caption: v.t("verify.culprits"), Columns: v.columns("fault", "entry", "#count", "object")}
	for _, c := range list {
		object := "–"
		if !c.Object.IsZero() {
			object = id.Record{Raw: c.Object}.String()
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{ui.Text(v.t("fault." + word(string(c.Fault)))), ui.Text(formatSeq(c.Seq)),
			ui.Text(v.say.Number(int64(c.Count))), ui.Text(object)}})
	}
	return t
}
