package markerscan

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/tenant"
)

const (
	doorTimeout = 20 * time.Second
	tokenLife   = time.Hour
	maxAnswer   = 4 << 20 // bytes
)

// door is the API as a program of the canary reaches it.
type door struct {
	house  *assurance.House
	canary tenant.Tenant
	client *http.Client
	secret string
	token  id.Token
}

// openDoor makes a token with every role that programs hold.
func openDoor(ctx context.Context, h *assurance.House, canary tenant.Tenant) (*door, error) {
	p, err := h.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: canary.ID})
	if err != nil {
		return nil, err
	}
	var roles []id.Name
	for _, r := range p.Matrix().Roles() {
		if r.Holders == access.Services {
			roles = append(roles, r.Name)
		}
	}
	d := &door{house: h, canary: canary, client: &http.Client{Timeout: doorTimeout, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: h.Roots(), MinVersion: tls.VersionTLS12, Time: h.Clock.Now}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	secret, made, err := h.Identity.CreateToken(ctx, p, identity.NewToken{Label: "marker-scan", Roles: roles, Life: tokenLife})
	if err != nil {
		return nil, err
	}
	d.secret, d.token = secret, made.ID
	return d, nil
}

// close revokes the token.
func (d *door) close(ctx context.Context) error {
	d.client.CloseIdleConnections()
	p, err := d.house.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Token, Tenant: d.canary.ID})
	if err != nil {
		return err
	}
	return d.house.Identity.RevokeToken(ctx, p, d.token)
}

// answer is what the API said.
type answer struct {
	status int
	etag   string
	body   []byte
}

// ask sends one request below the canary's path; header holds pairs.
func (d *door) ask(ctx context.Context, secret, method, path string, in any, header ...string) (answer, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(data)
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	if secret != "" {
		header = append([]string{"Authorization", "Bearer " + secret}, header...)
	}
	return d.send(ctx, method, path, body, header)
}

// visit sends a form to the console as a browser does; secret is of a session, or empty.
func (d *door) visit(ctx context.Context, secret, path string, form url.Values) (answer, error) {
	header := []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}
	if secret != "" {
		cookie := http.Cookie{Name: probe.CookieOf(d.canary), Value: secret}
		header = append(header, "Cookie", cookie.String())
	}
	return d.send(ctx, http.MethodPost, path, strings.NewReader(form.Encode()), header)
}

func (d *door) send(ctx context.Context, method, path string, body io.Reader, header []string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.house.URL()+path, body)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := d.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return answer{res.StatusCode, res.Header.Get("ETag"), text}, err
}

// of is a path of the canary.
func (d *door) of(parts ...string) string {
	path := "/v1/tenants/" + string(d.canary.Slug)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// enter asks the gate as the platform.
func (d *door) enter(ctx context.Context, a access.Action, on access.Resource, collection id.Name) (*access.Permit, error) {
	return d.house.Gate.Enter(ctx, access.Ask{Action: a, On: on, Tenant: d.canary.ID, Collection: collection})
}
