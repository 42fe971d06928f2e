package kms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// Transit speaks to the transit secrets engine of OpenBao or Vault. Safe for
// concurrent use.
type Transit struct {
	o      TransitOptions
	client *http.Client

	mu      sync.Mutex
	token   string    // the last one used
	expires time.Time // of the token; zero when it does not end or is not known yet
	renewAt time.Time
	asked   bool // the token was looked up
}

// TransitOptions of NewTransit. Address, Token and Clock are required.
type TransitOptions struct {
	Address   string // https://bao.example:8200; http only on loopback
	Mount     string // of the secrets engine; "transit" when empty
	Namespace string // sent as X-Vault-Namespace; none when empty
	// Token gives the token for each call, so that a file renewed by an agent is
	// read again. It prints nowhere.
	Token  func() (string, error)
	Client *http.Client // for its TLS settings; http.DefaultTransport when nil
	Clock  clock.Clock
	Retry  Retry
}

// NewTransit checks the settings; it does not call the service. It returns
// errs.Config.
func NewTransit(o TransitOptions) (*Transit, error) {
	if o.Mount == "" {
		o.Mount = "transit"
	}
	o.Mount = strings.Trim(o.Mount, "/")
	base, err := endpoint(o.Address)
	if err != nil {
		return nil, err
	}
	o.Address = base
	return &Transit{o: o, client: plainClient(o.Client)}, nil
}

// endpoint checks the address of a service. Keys do not travel in the clear: http
// is accepted on this machine only.
func endpoint(address string) (string, error) {
	u, err := url.Parse(address)
	bad := errs.New(errs.Config, "keys.kms_address").With("address", printable(address)).Do("keys.kms_address.fix")
	if err != nil {
		return "", bad.Cause(err)
	}
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return "", bad
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Name is "transit".
func (t *Transit) Name() string { return "transit" }

// Wrap encrypts by the service. The context goes along as associated data, which
// AEAD keys authenticate.
func (t *Transit) Wrap(ctx context.Context, key string, plaintext []byte, bound Context) ([]byte, error) {
	if len(plaintext) > MaxPlaintext {
		return nil, t.fail(Unfit, key, errTooLarge)
	}
	var out struct {
		Ciphertext string `json:"ciphertext"`
	}
	err := t.do(ctx, key, http.MethodPost, "encrypt/"+url.PathEscape(key), transitIn{
		Plaintext: base64.StdEncoding.EncodeToString(plaintext), AssociatedData: transitAD(bound)}, &out)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(out.Ciphertext, transitPrefix) {
		return nil, t.fail(Unreachable, key, errors.New("the answer holds no ciphertext"))
	}
	return []byte(out.Ciphertext), nil
}

const transitPrefix = "vault:v"

type transitIn struct {
	Plaintext      string `json:"plaintext,omitempty"`
	Ciphertext     string `json:"ciphertext,omitempty"`
	AssociatedData string `json:"associated_data,omitempty"`
}

func transitAD(bound Context) string { return base64.StdEncoding.EncodeToString(bound.Canonical()) }

// Unwrap decrypts by the service.
func (t *Transit) Unwrap(ctx context.Context, key string, wrapped []byte, bound Context) ([]byte, error) {
	if !strings.HasPrefix(string(wrapped), transitPrefix) {
		return nil, t.fail(Malformed, key, errors.New("not wrapped by transit"))
	}
	var out struct {
		Plaintext string `json:"plaintext"`
	}
	err := t.do(ctx, key, http.MethodPost, "decrypt/"+url.PathEscape(key),
		transitIn{Ciphertext: string(wrapped), AssociatedData: transitAD(bound)}, &out)
	if err != nil {
		return nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(out.Plaintext)
	if err != nil || len(plain) == 0 {
		return nil, t.fail(Unreachable, key, errors.New("the answer holds no plaintext"))
	}
	return plain, nil
}

// Describe reads the key's settings. A key that cannot bind associated data, or
// that can leave the service, is Unfit.
func (t *Transit) Describe(ctx context.Context, key string) (State, error) {
	var out struct {
		Type                string             `json:"type"`
		Keys                map[string]keyTime `json:"keys"`
		LatestVersion       int                `json:"latest_version"`
		AutoRotatePeriod    float64            `json:"auto_rotate_period"` // seconds
		Exportable          bool               `json:"exportable"`
		AllowPlaintext      bool               `json:"allow_plaintext_backup"`
		SoftDeleted         bool               `json:"soft_deleted"`
		SupportsEncryption  bool               `json:"supports_encryption"`
		SupportsDecryption  bool               `json:"supports_decryption"`
		Derived             bool               `json:"derived"`
		ConvergentEncrypted bool               `json:"convergent_encryption"`
	}
	if err := t.do(ctx, key, http.MethodGet, "keys/"+url.PathEscape(key), nil, &out); err != nil {
		return State{}, err
	}
	switch {
	case out.Type != "aes256-gcm96" && out.Type != "chacha20-poly1305" && out.Type != "xchacha20-poly1305":
		return State{}, t.fail(Unfit, key, fmt.Errorf("key type %q", out.Type))
	case out.Exportable || out.AllowPlaintext:
		return State{}, t.fail(Unfit, key, errors.New("the key can be exported"))
	case out.Derived || out.ConvergentEncrypted || !out.SupportsEncryption || !out.SupportsDecryption:
		return State{}, t.fail(Unfit, key, errors.New("derived, convergent or not for encryption"))
	}
	s := State{Service: t.Name(), Key: key, Enabled: !out.SoftDeleted, Detail: "enabled", Algorithm: out.Type, Versions: len(out.Keys)}
	if out.SoftDeleted {
		s.Detail = "soft deleted"
	}
	first := out.LatestVersion
	for name := range out.Keys {
		if n, err := strconv.Atoi(name); err == nil && n < first {
			first = n
		}
	}
	s.Created = time.Time(out.Keys[strconv.Itoa(first)])
	if latest := time.Time(out.Keys[strconv.Itoa(out.LatestVersion)]); out.LatestVersion > 1 {
		s.RotatedAt = latest
		if out.AutoRotatePeriod > 0 {
			s.RotateBy = latest.Add(time.Duration(out.AutoRotatePeriod) * time.Second)
		}
	}
	return s, nil
}

// keyTime is when a version was made: seconds since 1970 for symmetric keys.
type keyTime time.Time

// UnmarshalJSON reads a number; anything else is no time that we can tell.
func (k *keyTime) UnmarshalJSON(b []byte) error {
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*k = keyTime(time.Unix(n, 0).UTC())
	}
	return nil
}

func (t *Transit) fail(reason Reason, key string, err error) error {
	return &Error{Reason: reason, Service: t.Name(), Key: key, Err: err}
}

// do makes one call of the engine, with retries, after seeing to the token.
func (t *Transit) do(ctx context.Context, key, method, path string, in any, out any) error {
	if err := t.seeToToken(ctx, key); err != nil {
		return err
	}
	return t.send(ctx, key, method, t.o.Mount+"/"+path, in, out)
}

func (t *Transit) send(ctx context.Context, key, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return t.fail(Unfit, key, err)
		}
		defer clear(body)
	}
	return t.o.Retry.Do(ctx, func() error {
		token, err := t.o.Token()
		if err != nil || token == "" {
			return t.fail(Denied, key, errors.Join(errors.New("no token"), err))
		}
		header := http.Header{"X-Vault-Token": {token}, "X-Vault-Request": {"true"}, "Content-Type": {"application/json"}}
		if t.o.Namespace != "" {
			header.Set("X-Vault-Namespace", t.o.Namespace)
		}
		a, err := call(ctx, t.client, method, t.o.Address+"/v1/"+path, header, body)
		if err != nil {
			return t.fail(Unreachable, key, err)
		}
		defer clear(a.body)
		return t.read(key, a, out)
	})
}

// read takes an answer apart.
func (t *Transit) read(key string, a answer, out any) error {
	if a.status == http.StatusOK || a.status == http.StatusNoContent {
		if out == nil || a.status == http.StatusNoContent {
			return nil
		}
		envelope := struct {
			Data any `json:"data"`
			Auth any `json:"auth"`
		}{Data: out}
		if _, ok := out.(*transitAuth); ok {
			envelope.Data, envelope.Auth = nil, out
		}
		if err := json.Unmarshal(a.body, &envelope); err != nil {
			return t.fail(Unreachable, key, fmt.Errorf("answer is not JSON: %w", err))
		}
		return nil
	}
	var said struct {
		Errors []string `json:"errors"`
	}
	// An answer that is no JSON still has its status.
	_ = json.Unmarshal(a.body, &said)
	text := strings.Join(said.Errors, "; ")
	return t.fail(transitReason(a.status, text), key, fmt.Errorf("status %d: %s", a.status, printable(text)))
}

// transitReason reads what the service means. The statuses are those of its API;
// 400 has several causes that only the text tells apart.
func transitReason(status int, text string) Reason {
	switch status {
	case http.StatusForbidden:
		if strings.Contains(text, "invalid token") || strings.Contains(text, "bad token") {
			return Expired
		}
		return Denied
	case http.StatusUnauthorized:
		return Denied
	case http.StatusNotFound:
		if strings.Contains(text, "no handler for route") {
			return Unfit // the mount or the namespace is another
		}
		return NoKey
	case http.StatusTooManyRequests:
		return Throttled
	case http.StatusServiceUnavailable:
		if strings.Contains(text, "sealed") {
			return Locked
		}
		return Unreachable
	case http.StatusRequestEntityTooLarge:
		return Unfit
	case http.StatusBadRequest:
		return transitRefusal(text)
	}
	return Unreachable
}

func transitRefusal(text string) Reason {
	switch {
	case strings.Contains(text, "encryption key not found"):
		return NoKey
	case strings.Contains(text, "soft-deleted"), strings.Contains(text, "soft deleted"), strings.Contains(text, "disallowed by policy"):
		return Disabled
	case strings.Contains(text, "message authentication failed"), strings.Contains(text, "unable to decrypt"),
		strings.Contains(text, "version is too new"):
		return WrongKey
	case strings.Contains(text, "invalid ciphertext"):
		return Malformed
	}
	return Unfit
}
