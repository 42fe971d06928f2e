package listenersweep

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"garant.example/internal/tenant"
)

// pinned is a public host name, reserved by RFC 2606: names of this machine are not
// pinned to TLS, because a browser pins a name for all its ports.
const pinned = "probe.example"

// pages fetches public pages over TLS, asks how long a browser is told to stay with
// it, and looks for resources that would be loaded without.
func (r *run) pages(ctx context.Context) {
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: r.house.Roots(), MinVersion: tls.VersionTLS12, Time: r.house.Clock.Now}}}
	pages := []string{"/en/", "/fr/"}
	for _, t := range r.control.Tenants {
		pages = append(pages, trustPage(t, "en"), trustPage(t, "fr"))
	}
	least := time.Duration(-1)
	for _, path := range pages {
		res, body, err := r.fetch(ctx, client, path)
		if err != nil || res.StatusCode != http.StatusOK {
			r.f.Skipped()
			r.f.Miss("listener_sweep.reason.unreachable", err)
			continue
		}
		r.f.Saw()
		if insecure(body) {
			r.f.Fail("listener_sweep.reason.mixed", "page"+path)
		}
		stay := stays(res.Header.Get("Strict-Transport-Security"))
		if stay < r.wanted.hsts {
			r.f.Fail("listener_sweep.reason.hsts", "page"+path)
		}
		if least < 0 || stay < least {
			least = stay
		}
	}
	r.f.Measure("pages", float64(len(pages)), "")
	if least >= 0 {
		r.f.Measure("hsts", least.Hours()/24, "d")
	}
}

func trustPage(t tenant.Tenant, lang string) string { return "/" + lang + "/trust/" + string(t.Slug) }

const maxPage = 4 << 20

func (r *run) fetch(ctx context.Context, client *http.Client, path string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.house.URL()+path, nil)
	if err != nil {
		return nil, "", err
	}
	req.Host = pinned
	res, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	return res, string(body), err
}

// stays reads max-age of the header of RFC 6797; zero without one.
func stays(header string) time.Duration {
	for part := range strings.SplitSeq(header, ";") {
		value, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(part)), "max-age=")
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32); err == nil && n > 0 {
			return time.Duration(n) * time.Second
		}
	}
	return 0
}

// insecure says whether a page loads something, or sends a form, without TLS. A mere
// link to a page is the reader's own choice.
func insecure(page string) bool {
	tags := regexp.MustCompile(`(?is)<(script|img|iframe|source|video|audio|object|embed|form|input|button|link|track|use|image)\b[^>]*>`)
	plain := regexp.MustCompile(`(?is)\b(src|srcset|action|formaction|data|poster|href|xlink:href)\s*=\s*["']?[^"'>]*\bhttp://`)
	harmless := regexp.MustCompile(`(?is)\brel\s*=\s*["']?(canonical|alternate|author|license|next|prev|help)\b`)
	for _, tag := range tags.FindAllString(page, -1) {
		if plain.MatchString(tag) && !harmless.MatchString(tag) {
			return true
		}
	}
	return regexp.MustCompile(`(?is)url\(\s*["']?http://`).MatchString(page)
}
