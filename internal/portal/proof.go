package portal

import (
	"encoding/hex"
	"strconv"

	"garant.example/internal/assurance"
	"garant.example/internal/audit/leaf"
	"garant.example/internal/i18n"
	"garant.example/internal/web/ui"
)

// proofPart lets a reader check a result without believing this page.
type proofPart struct {
	part
	Facts    []ui.KeyValue
	Download ui.LinkButton
	Command  ui.Code
	Point    ui.Code // the signed checkpoint
	Inside   string  // summary of the fold around Point
}

// proof shows where the result stands in the operator's log. When the log cannot be
// read now, it says so.
func (v *visit) proof(s assurance.Standing, before past) proofPart {
	if s.Result.Run.IsZero() {
		return proofPart{}
	}
	p := proofPart{part: part{ID: "verify", Title: v.say.T("portal.proof.title"), Lede: v.say.T("portal.proof.lede")}}
	file, err := v.evidenceOf(v.r.Context(), s.Result)
	if err != nil || before.Key == "" {
		if err != nil {
			v.without(err)
		}
		p.Lede = v.say.T("portal.proof.unavailable")
		return p
	}
	inside := file.Inclusion
	hash := leaf.Hash(inside.Content.Leaf)
	p.Facts = []ui.KeyValue{
		{Key: v.say.T("portal.proof.leaf"), Value: v.say.Number(int64(s.Result.Leaf))},
		{Key: v.say.T("portal.proof.hash"), Content: ui.Hash(hex.EncodeToString(hash[:]))},
		{Key: v.say.T("portal.proof.digest"), Content: ui.Hash(s.Result.Digest)},
		{Key: v.say.T("portal.proof.path"), Value: v.say.N("portal.proof.steps", int64(len(inside.Proof)), nil)},
		{Key: v.say.T("portal.check.log"), Content: ui.InlineCode(inside.Origin)},
		{Key: v.say.T("portal.check.key"), Content: ui.InlineCode(before.Key)},
	}
	id := string(s.Promise.ID)
	p.Download = ui.LinkButton{Text: v.say.T("portal.proof.download"), Href: v.here("evidence/" + id + ".json"), Icon: ui.IconDownload, Download: true,
		Describe: v.say.T("portal.proof.describe", i18n.Params{"leaf": strconv.FormatUint(s.Result.Leaf, 10)})}
	p.Command = v.command(s.Promise.ID, before.Key)
	p.Point = ui.Code{Label: v.say.T("portal.proof.point"), Text: inside.Checkpoint}
	p.Inside = v.say.T("portal.proof.inside")
	return p
}
