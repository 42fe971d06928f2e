package client

import (
	"context"
	"net/http"
	"time"
)

// Text is a sentence in both languages.
type Text struct {
	EN string `json:"en"`
	FR string `json:"fr"`
}

// In returns the sentence in a language, "fr" or anything else for English.
func (t Text) In(lang string) string {
	if lang == "fr" {
		return t.FR
	}
	return t.EN
}

// TenantInfo is a tenant as the API shows it.
type TenantInfo struct {
	ID         string          `json:"id"`
	Slug       string          `json:"slug"`
	Title      string          `json:"title"`
	Country    string          `json:"country"`
	Lang       string          `json:"lang"`
	Profile    string          `json:"profile"`
	Hosts      []string        `json:"hosts"`
	State      string          `json:"state"` // building, open, ended, wiped
	StartsAt   time.Time       `json:"starts_at,omitzero"`
	EndsAt     time.Time       `json:"ends_at,omitzero"`
	CreatedAt  time.Time       `json:"created_at"`
	Canary     bool            `json:"canary,omitzero"`
	Operator   bool            `json:"operator,omitzero"`
	Placements []PlacementInfo `json:"placements"`

	ETag string `json:"etag,omitzero"` // what a change names; only of a tenant that was answered alone
}

// PlacementInfo says where one database of a tenant lies.
type PlacementInfo struct {
	Name         string   `json:"name"`
	Region       string   `json:"region"`
	Title        Text     `json:"title"`
	Jurisdiction string   `json:"jurisdiction"`
	Country      string   `json:"country"`
	City         string   `json:"city,omitzero"`
	Engine       string   `json:"engine"`
	Classes      []string `json:"classes"`
	Approval     string   `json:"approval,omitzero"`
}

// Info reads what is known of the tenant itself.
func (t *Tenant) Info(ctx context.Context) (TenantInfo, error) {
	var out TenantInfo
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path}, &out)
	return out, err
}

// Placements says where each database of the tenant lies.
func (t *Tenant) Placements(ctx context.Context) ([]PlacementInfo, error) {
	var out struct {
		Placements []PlacementInfo `json:"placements"`
	}
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/placements"}, &out)
	return out.Placements, err
}

// CollectionInfo is a typed set of records.
type CollectionInfo struct {
	Name      string        `json:"name"`
	Title     Text          `json:"title"`
	Class     string        `json:"class"`
	Placement string        `json:"placement"`
	About     string        `json:"about"` // self, subject, nobody
	Of        string        `json:"of,omitzero"`
	Records   int64         `json:"records"`
	Register  bool          `json:"register,omitzero"`
	Fields    []FieldInfo   `json:"fields"`
	Life      *LifeInfo     `json:"life,omitzero"`
	Purposes  []PurposeInfo `json:"purposes"`
	Retention RetentionInfo `json:"retention"`
}

// FieldInfo is one field of a collection.
type FieldInfo struct {
	Name      string   `json:"name"`
	Title     Text     `json:"title"`
	Kind      string   `json:"kind"`
	Class     string   `json:"class"`
	Required  bool     `json:"required,omitzero"`
	Personal  bool     `json:"personal,omitzero"`
	Open      bool     `json:"open,omitzero"`
	Findable  bool     `json:"findable,omitzero"`
	Unique    bool     `json:"unique,omitzero"`
	Options   []string `json:"options,omitzero"`
	MaxLength int      `json:"max_length,omitzero"`
	Of        string   `json:"of,omitzero"`
}

// LifeInfo is a life cycle.
type LifeInfo struct {
	Initial     string       `json:"initial"`
	States      []StateInfo  `json:"states"`
	Transitions []Transition `json:"transitions"`
}

// StateInfo is one state of a life cycle.
type StateInfo struct {
	Name  string `json:"name"`
	Title Text   `json:"title"`
}

// PurposeInfo is why data may be read.
type PurposeInfo struct {
	Name               string `json:"name"`
	Title              Text   `json:"title"`
	Basis              string `json:"basis"`
	DespiteRestriction bool   `json:"despite_restriction,omitzero"`
}

// RetentionInfo is how long records live.
type RetentionInfo struct {
	Months int    `json:"months,omitzero"`
	Days   int    `json:"days,omitzero"`
	Why    string `json:"why,omitzero"`
}

// Collections lists the collections of the tenant.
func (t *Tenant) Collections(ctx context.Context) ([]CollectionInfo, error) {
	var out struct {
		Collections []CollectionInfo `json:"collections"`
	}
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/collections"}, &out)
	return out.Collections, err
}

// KeyStatus is what may be shown of a keyring.
type KeyStatus struct {
	Service           string     `json:"service"`
	Key               string     `json:"key"`
	ConfiguredService string     `json:"configured_service"`
	ConfiguredKey     string     `json:"configured_key"`
	Version           int        `json:"version"`
	CreatedAt         time.Time  `json:"created_at"`
	RotatedAt         time.Time  `json:"rotated_at"`
	WrappedAt         time.Time  `json:"wrapped_at"`
	Named             []NamedKey `json:"named"`
	Blocks            int64      `json:"blocks"`
	SubjectKeys       int64      `json:"subject_keys"`
	Reserved          int64      `json:"reserved"`
	Shredded          int64      `json:"shredded"`
	OldWrap           int64      `json:"old_wrap"`
	Rotation          *Rotation  `json:"rotation,omitzero"`
	Rotations         []Rotation `json:"rotations"`
	Turns             []KeyTurn  `json:"turns"`
	Open              bool       `json:"open"`
	ConfirmedAt       time.Time  `json:"confirmed_at,omitzero"`
	Silent            bool       `json:"silent"`
	ClosedAfter       time.Time  `json:"closed_after,omitzero"`
	OutageGrace       int64      `json:"outage_grace"` // seconds
	Refused           *Problem   `json:"refused,omitzero"`
}

// NamedKey is one version of a key with a name.
type NamedKey struct {
	Name      string    `json:"name"`
	Version   int       `json:"version"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	Wrapped   int       `json:"wrapped_by"`
	Public    string    `json:"public,omitzero"`
	CreatedAt time.Time `json:"created_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// KeyTurn is where one level of keys stands in its schedule.
type KeyTurn struct {
	Level    string    `json:"level"`
	LastAt   time.Time `json:"last_at"`
	DueAt    time.Time `json:"due_at,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Running  bool      `json:"running"`
	Overdue  bool      `json:"overdue"`
}

// Rotation is what a rotation will do, or how far it has come.
type Rotation struct {
	ID        string    `json:"id,omitzero"`
	Level     string    `json:"level"`
	Single    bool      `json:"single"`
	Running   bool      `json:"running"`
	From      int       `json:"from,omitzero"`
	To        int       `json:"to,omitzero"`
	Blocks    int64     `json:"blocks,omitzero"`
	Keys      int64     `json:"keys,omitzero"`
	Subjects  int64     `json:"subjects,omitzero"`
	Total     int64     `json:"total"`
	Done      int64     `json:"done"`
	Erased    int64     `json:"erased,omitzero"`
	Destroyed int64     `json:"destroyed,omitzero"`
	Trouble   string    `json:"trouble,omitzero"`
	TroubleAt string    `json:"trouble_at,omitzero"`
	Service   string    `json:"service,omitzero"`
	Key       string    `json:"key,omitzero"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// RotationRequest says which keys to rotate.
type RotationRequest struct {
	Level   string `json:"level,omitzero"`   // kek (the default), collections or subjects
	Subject string `json:"subject,omitzero"` // the key of this person alone
	Plan    bool   `json:"plan,omitzero"`    // only tell what it would do
}

// Keys shows the state of the tenant's keyring.
func (t *Tenant) Keys(ctx context.Context) (KeyStatus, error) {
	var out KeyStatus
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/keys"}, &out)
	return out, err
}

// RotateKeys rotates keys of the tenant, or with Plan only tells what that would do.
// A rotation of data keys goes on after the answer: Keys says how far it has come.
func (t *Tenant) RotateKeys(ctx context.Context, in RotationRequest) (Rotation, error) {
	var out Rotation
	_, err := t.c.send(ctx, request{method: http.MethodPost, path: t.path + "/keys:rotate", in: in}, &out)
	return out, err
}

// TenantPage is one page of tenants.
type TenantPage struct {
	Tenants []TenantInfo `json:"tenants"`
	Next    string       `json:"next,omitzero"`
}

// NewTenant is what an operator says to open a tenant.
type NewTenant struct {
	Slug     string    `json:"slug"`
	Title    string    `json:"title"`
	Country  string    `json:"country"`
	Lang     string    `json:"lang"`
	Profile  string    `json:"profile"`
	Hosts    []string  `json:"hosts,omitzero"`
	StartsAt time.Time `json:"starts_at,omitzero"`
	EndsAt   time.Time `json:"ends_at,omitzero"`
	Canary   bool      `json:"canary,omitzero"` // on which the controls of the profile act
	Admin    Person    `json:"admin"`
}

// OpenedTenant is a new tenant with what its first person and its first program
// need, shown once; a canary opened without a person has neither.
type OpenedTenant struct {
	Tenant TenantInfo `json:"tenant"`
	Admin  Invitation `json:"admin,omitzero"`
	Token  Token      `json:"token,omitzero"`
	Canary string     `json:"canary,omitzero"` // the profile's canary, when it was opened as well
}

// Tenants lists one page of tenants; cursor is Next of the page before.
func (p *Platform) Tenants(ctx context.Context, cursor string) (TenantPage, error) {
	var out TenantPage
	_, err := p.c.send(ctx, request{method: http.MethodGet, path: "/v1/platform/tenants" + query("cursor", cursor)}, &out)
	return out, err
}

// Open opens a tenant.
func (p *Platform) Open(ctx context.Context, n NewTenant) (OpenedTenant, error) {
	var out OpenedTenant
	_, err := p.c.send(ctx, request{method: http.MethodPost, path: "/v1/platform/tenants", in: n, once: true}, &out)
	return out, err
}

// End ends a tenant's contract at a moment; now when it is zero.
func (p *Platform) End(ctx context.Context, tenant string, at time.Time) (TenantInfo, error) {
	in := struct {
		At time.Time `json:"at,omitzero"`
	}{at}
	var out TenantInfo
	_, err := p.c.send(ctx, request{method: http.MethodPost, path: "/v1/platform/tenants/" + segment(tenant) + ":end", in: in, once: true}, &out)
	return out, err
}

// Tenant reads one tenant of the platform, with the ETag that a change names.
func (p *Platform) Tenant(ctx context.Context, tenant string) (TenantInfo, error) {
	return p.one(ctx, request{method: http.MethodGet, path: "/v1/platform/tenants/" + segment(tenant)})
}

// TenantChanges are what is to be changed of a tenant; nil leaves a thing as it is.
type TenantChanges struct {
	Title    *string    `json:"title,omitzero"`
	Lang     *string    `json:"lang,omitzero"`
	Hosts    *[]string  `json:"hosts,omitzero"`
	StartsAt *time.Time `json:"starts_at,omitempty"`
	EndsAt   *time.Time `json:"ends_at,omitempty"` // the zero time: the contract runs on
}

// Change changes the version of a tenant that an ETag names.
func (p *Platform) Change(ctx context.Context, tenant, etag string, changes TenantChanges) (TenantInfo, error) {
	return p.one(ctx, request{method: http.MethodPatch, path: "/v1/platform/tenants/" + segment(tenant), ifMatch: etag, in: changes})
}

func (p *Platform) one(ctx context.Context, r request) (TenantInfo, error) {
	var out TenantInfo
	header, err := p.c.send(ctx, r, &out)
	if err != nil {
		return TenantInfo{}, err
	}
	out.ETag = header.Get("ETag")
	return out, nil
}

// Setup makes the operator's first account with the one-time secret of the first
// start.
func (c *Client) Setup(ctx context.Context, secret string, person Person, password string) (Account, error) {
	in := struct {
		Secret   string `json:"secret"`
		Person   Person `json:"person"`
		Password string `json:"password"`
	}{secret, person, password}
	var out Account
	_, err := c.send(ctx, request{method: http.MethodPost, path: "/v1/setup", in: in}, &out)
	return out, err
}

// Document reads the OpenAPI description of the server.
func (c *Client) Document(ctx context.Context) ([]byte, error) {
	var raw []byte
	_, err := c.send(ctx, request{method: http.MethodGet, path: "/openapi.json"}, &raw)
	return raw, err
}

// ProfileState is the profile of a tenant: what was applied, and what differs.
type ProfileState struct {
	Profile   string      `json:"profile"`
	Title     Text        `json:"title"`
	Summary   Text        `json:"summary"`
	Applied   bool        `json:"applied"`
	Number    int64       `json:"number,omitzero"`
	Version   int         `json:"version,omitzero"`
	Digest    string      `json:"digest,omitzero"`
	AppliedAt time.Time   `json:"applied_at,omitzero"`
	By        string      `json:"by,omitzero"`
	InForce   []string    `json:"in_force"` // parts that differ from what was applied
	Plan      ProfilePlan `json:"plan"`
}

// ProfilePlan is what applying the declared profile would change.
type ProfilePlan struct {
	Profile string          `json:"profile"`
	From    string          `json:"from,omitzero"`
	To      string          `json:"to"`   // confirms the plan
	Harm    string          `json:"harm"` // none, cuts, weakens, destroys, refused
	Changes []ProfileChange `json:"changes"`
}

// ProfileChange is one difference.
type ProfileChange struct {
	Act  string `json:"act"` // added, removed, changed
	Area string `json:"area"`
	Name string `json:"name"`
	From string `json:"from,omitzero"`
	To   string `json:"to,omitzero"`
	Harm string `json:"harm"`
	Text string `json:"text"` // the change as a sentence
}

// Profile shows the profile of the tenant.
func (t *Tenant) Profile(ctx context.Context) (ProfileState, error) {
	var out ProfileState
	_, err := t.c.send(ctx, request{method: http.MethodGet, path: t.path + "/profile"}, &out)
	return out, err
}

// PlanProfile tells what applying the declared profile to a tenant would change.
func (p *Platform) PlanProfile(ctx context.Context, tenant string) (ProfilePlan, error) {
	var out ProfilePlan
	_, err := p.c.send(ctx, request{method: http.MethodPost, path: "/v1/platform/tenants/" + segment(tenant) + "/profile:plan"}, &out)
	return out, err
}

// ApplyProfile puts the declared profile in force. confirm is To of the plan that
// was looked at; it is needed where the plan takes something away.
func (p *Platform) ApplyProfile(ctx context.Context, tenant, confirm string) (ProfilePlan, error) {
	in := struct {
		Confirm string `json:"confirm,omitzero"`
	}{confirm}
	var out ProfilePlan
	_, err := p.c.send(ctx, request{method: http.MethodPost, path: "/v1/platform/tenants/" + segment(tenant) + "/profile:apply", in: in}, &out)
	return out, err
}
