package api

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// EntryList is some entries of one log.
type EntryList struct {
	Placement   string  `json:"placement"`
	Origin      string  `json:"origin"`
	Size        uint64  `json:"size"`
	PrunedBelow uint64  `json:"pruned_below,omitzero"`
	Entries     []Entry `json:"entries"`
	Next        uint64  `json:"next"`
	More        bool    `json:"more"`
}

// Entry is one act as the log tells of it.
type Entry struct {
	Seq        uint64            `json:"seq"`
	Leaf       string            `json:"leaf" format:"byte"`
	At         time.Time         `json:"at"`
	Behind     int64             `json:"clock_behind_us,omitzero"`
	Actor      EntryActor        `json:"actor"`
	Operation  string            `json:"operation"`
	Kind       string            `json:"kind,omitzero"`
	Object     string            `json:"object,omitzero"`
	Collection string            `json:"collection,omitzero"`
	Purpose    string            `json:"purpose,omitzero"`
	Ticket     string            `json:"ticket,omitzero"`
	Outcome    string            `json:"outcome" enum:"done,refused,failed"`
	Reason     string            `json:"reason,omitzero"`
	Request    string            `json:"request,omitzero"`
	Row        string            `json:"row,omitzero"`
	Prev       *uint64           `json:"previous_seq,omitzero"`
	Fields     []string          `json:"fields,omitzero"`
	Count      int64             `json:"count,omitzero"`
	Detail     map[string]string `json:"detail,omitzero"`
}

// EntryActor is who acted.
type EntryActor struct {
	Kind    string `json:"kind" enum:"anonymous,staff,member,service,system"`
	Ref     string `json:"ref,omitzero"`
	Tenant  string `json:"tenant,omitzero"`
	Address string `json:"address,omitzero"`
	Agent   string `json:"agent,omitzero"`
	Session string `json:"session,omitzero"`
	Device  string `json:"device,omitzero"`
}

func entryOf(r audit.Record) Entry {
	e := r.Entry
	out := Entry{Seq: r.Seq, Leaf: base64Of(r.Leaf[:]), At: e.At, Behind: e.Behind.Microseconds(), Operation: string(e.Operation),
		Kind: e.Kind, Object: objectID(e.Kind, e.Object), Collection: string(e.Collection), Purpose: e.Purpose,
		Ticket: e.Ticket, Outcome: e.Outcome.String(), Reason: e.Reason, Request: e.Request.String(),
		Count: e.Count, Detail: e.Detail,
		Actor: EntryActor{Kind: e.Actor.Kind.String(), Ref: e.Actor.Ref, Tenant: e.Actor.Tenant.String(),
			Agent: e.Actor.Agent, Session: e.Actor.Session.String(), Device: e.Actor.Device}}
	if e.Actor.Address.IsValid() {
		out.Actor.Address = e.Actor.Address.String()
	}
	if e.Row != [32]byte{} {
		out.Row = hex.EncodeToString(e.Row[:])
	}
	if e.Prev > 0 {
		previous := e.Prev - 1
		out.Prev = &previous
	}
	if len(e.Fields) > 0 {
		out.Fields = words(e.Fields)
	}
	return out
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// objectID writes an object's id with the prefix of its kind.
func objectID(kind string, raw id.Raw) string {
	switch {
	case raw.IsZero():
		return ""
	case kind == access.Record.String():
		return id.Record{Raw: raw}.String()
	case kind == access.Account.String():
		return id.Account{Raw: raw}.String()
	case kind == access.Token.String():
		return id.Token{Raw: raw}.String()
	case kind == access.Tenant.String():
		return id.Tenant{Raw: raw}.String()
	case kind == "subject":
		return id.Subject{Raw: raw}.String()
	case kind == "session":
		return id.Session{Raw: raw}.String()
	case kind == "run":
		return id.Run{Raw: raw}.String()
	case kind == "plan":
		return id.Plan{Raw: raw}.String()
	}
	return hex.EncodeToString(raw[:])
}

// parseObject reads an id of any kind.
func parseObject(s string) (id.Raw, bool) {
	if r, err := id.ParseRecord(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseSubject(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseAccount(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseToken(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseTenant(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseSession(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParseRun(s); err == nil {
		return r.Raw, true
	}
	if r, err := id.ParsePlan(s); err == nil {
		return r.Raw, true
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return id.Raw{}, false
	}
	parsed, err := id.FromBytes(raw)
	return parsed, err == nil
}

// log asks the gate and opens the log of the placement that is asked for.
func (c *call) log() (*access.Permit, *audit.Log, func(), error) {
	p, err := c.enter()
	if err != nil {
		return nil, nil, nil, err
	}
	log, release, err := p.Log(c.r.Context(), c.placement())
	return p, log, release, err
}

// placement is the placement of the path or of the query; the main one otherwise.
func (c *call) placement() id.Name {
	if name := c.r.PathValue("placement"); name != "" {
		return id.Name(name)
	}
	if name := c.r.URL.Query().Get("placement"); name != "" {
		return id.Name(name)
	}
	return tenant.Main
}

func listEntries(c *call) error {
	q, err := readQuery(c.r.URL.Query())
	if err != nil {
		return err
	}
	p, log, release, err := c.log()
	if err != nil {
		return err
	}
	defer release()
	page, err := log.Entries(c.r.Context(), q)
	if err != nil {
		return err
	}
	seen := p.Entry(audit.LogRead)
	seen.Count = int64(len(page.Entries))
	if _, err := log.Append(c.r.Context(), seen); err != nil {
		return err
	}
	out := EntryList{Placement: string(c.placement()), Origin: log.Origin(), Size: page.Size, PrunedBelow: page.PrunedBelow,
		Next: page.Next, More: page.More, Entries: make([]Entry, 0, len(page.Entries))}
	for _, r := range page.Entries {
		out.Entries = append(out.Entries, entryOf(r))
	}
	return c.answer(out)
}

const mostEntries = 1000

// readQuery reads which entries are asked for; every fault is told at once.
func readQuery(v url.Values) (audit.Query, error) {
	q := audit.Query{Limit: 100, Actor: v.Get("actor"), Collection: id.Name(v.Get("collection"))}
	e := errs.New(errs.Invalid, "api.bad.query")
	q.From = number(e, v, "from", 1<<63)
	q.To = number(e, v, "to", 1<<63)
	if v.Has("limit") {
		if q.Limit = int(number(e, v, "limit", mostEntries)); q.Limit == 0 {
			e.At("query/limit", "api.bad.limit", errs.Params{"max": mostEntries})
		}
	}
	q.Since, q.Until = moment(e, v, "since"), moment(e, v, "until")
	for _, word := range v["operation"] {
		op := audit.Operation(word)
		if !op.Known() {
			e.At("query/operation", "api.bad.operation", nil)
		}
		q.Operations = append(q.Operations, op)
	}
	if text := v.Get("object"); text != "" {
		var ok bool
		if q.Object, ok = parseObject(text); !ok {
			e.At("query/object", "api.bad.object", nil)
		}
	}
	if text := v.Get("request"); text != "" {
		var err error
		if q.Request, err = id.ParseRequest(text); err != nil {
			e.At("query/request", "api.bad.object", nil)
		}
	}
	switch v.Get("outcome") {
	case "":
	case audit.Done.String():
		q.Outcome = audit.Done
	case audit.Refused.String():
		q.Outcome = audit.Refused
	case audit.Failed.String():
		q.Outcome = audit.Failed
	default:
		e.At("query/outcome", "api.bad.outcome", nil)
	}
	switch v.Get("order") {
	case "", "oldest":
	case "newest":
		q.NewestFirst = true
	default:
		e.At("query/order", "api.bad.order", nil)
	}
	if len(e.Fields) > 0 {
		return q, e
	}
	return q, nil
}

func number(e *errs.Error, v url.Values, name string, most uint64) uint64 {
	text := v.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n > most {
		e.At("query/"+name, "api.bad.number", nil)
	}
	return n
}

// yes reads true or false; a word that is neither must not pass for one of them.
func yes(e *errs.Error, v url.Values, name string) bool {
	text := v.Get(name)
	if text != "" && text != "true" && text != "false" {
		e.At("query/"+name, "api.bad.truth", nil)
	}
	return text == "true"
}

func moment(e *errs.Error, v url.Values, name string) time.Time {
	text := v.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		e.At("query/"+name, "api.bad.moment", nil)
	}
	return t
}

// sequence reads the number of an entry from the path.
func (c *call) sequence() (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(c.segment("seq")), 10, 63)
	if err != nil {
		return 0, errs.New(errs.NotFound, "api.entry.unknown")
	}
	return n, nil
}
