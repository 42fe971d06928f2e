package id

// NewTenant returns a fresh id.
func NewTenant() Tenant { return Tenant{fresh()} }

// ParseTenant reads what String wrote, or returns ErrMalformed.
func ParseTenant(s string) (Tenant, error) { r, err := parse("t", s); return Tenant{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Tenant) String() string { return text("t", i.Raw) }

// MarshalText writes the id as String does.
func (i Tenant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Tenant) UnmarshalText(b []byte) error { return i.unmarshal("t", b) }

// NewRecord returns a fresh id.
func NewRecord() Record { return Record{fresh()} }

// ParseRecord reads what String wrote, or returns ErrMalformed.
func ParseRecord(s string) (Record, error) { r, err := parse("r", s); return Record{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Record) String() string { return text("r", i.Raw) }

// MarshalText writes the id as String does.
func (i Record) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Record) UnmarshalText(b []byte) error { return i.unmarshal("r", b) }

// NewSubject returns a fresh id.
func NewSubject() Subject { return Subject{fresh()} }

// ParseSubject reads what String wrote, or returns ErrMalformed.
func ParseSubject(s string) (Subject, error) { r, err := parse("s", s); return Subject{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Subject) String() string { return text("s", i.Raw) }

// MarshalText writes the id as String does.
func (i Subject) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Subject) UnmarshalText(b []byte) error { return i.unmarshal("s", b) }

// NewAccount returns a fresh id.
func NewAccount() Account { return Account{fresh()} }

// ParseAccount reads what String wrote, or returns ErrMalformed.
func ParseAccount(s string) (Account, error) { r, err := parse("a", s); return Account{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Account) String() string { return text("a", i.Raw) }

// MarshalText writes the id as String does.
func (i Account) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Account) UnmarshalText(b []byte) error { return i.unmarshal("a", b) }

// NewToken returns a fresh id.
func NewToken() Token { return Token{fresh()} }

// ParseToken reads what String wrote, or returns ErrMalformed.
func ParseToken(s string) (Token, error) { r, err := parse("k", s); return Token{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Token) String() string { return text("k", i.Raw) }

// MarshalText writes the id as String does.
func (i Token) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Token) UnmarshalText(b []byte) error { return i.unmarshal("k", b) }

// NewSession returns a fresh id.
func NewSession() Session { return Session{fresh()} }

// ParseSession reads what String wrote, or returns ErrMalformed.
func ParseSession(s string) (Session, error) { r, err := parse("se", s); return Session{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Session) String() string { return text("se", i.Raw) }

// MarshalText writes the id as String does.
func (i Session) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Session) UnmarshalText(b []byte) error { return i.unmarshal("se", b) }

// NewRequest returns a fresh id.
func NewRequest() Request { return Request{fresh()} }

// ParseRequest reads what String wrote, or returns ErrMalformed.
func ParseRequest(s string) (Request, error) { r, err := parse("rq", s); return Request{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Request) String() string { return text("rq", i.Raw) }

// MarshalText writes the id as String does.
func (i Request) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Request) UnmarshalText(b []byte) error { return i.unmarshal("rq", b) }

// NewPlan returns a fresh id.
func NewPlan() Plan { return Plan{fresh()} }

// ParsePlan reads what String wrote, or returns ErrMalformed.
func ParsePlan(s string) (Plan, error) { r, err := parse("p", s); return Plan{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Plan) String() string { return text("p", i.Raw) }

// MarshalText writes the id as String does.
func (i Plan) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Plan) UnmarshalText(b []byte) error { return i.unmarshal("p", b) }

// NewRun returns a fresh id.
func NewRun() Run { return Run{fresh()} }

// ParseRun reads what String wrote, or returns ErrMalformed.
func ParseRun(s string) (Run, error) { r, err := parse("run", s); return Run{r}, err }

// String writes the id with its prefix; the zero id is the empty string.
func (i Run) String() string { return text("run", i.Raw) }

// MarshalText writes the id as String does.
func (i Run) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the id; the empty text is the zero id.
func (i *Run) UnmarshalText(b []byte) error { return i.unmarshal("run", b) }
