package portal

import "net/http"

// Route is one address of the portal, as data.
type Route struct {
	Name   string
	Method string
	Path   string // of net/http patterns
	Answer string // media type
	serve  func(*visit) error
}

// Media types of what the portal answers.
const (
	html      = "text/html; charset=utf-8"
	jsonType  = "application/json"
	atomType  = "application/atom+xml; charset=utf-8"
	plainText = "text/plain; charset=utf-8"
)

// ofTenant is where the pages of one tenant lie.
const ofTenant = "/{lang}/trust/{tenant}"

// Routes is the whole portal as one table. Nothing in it needs an account.
func Routes() []Route {
	return []Route{
		{"front", http.MethodGet, "/{$}", html, frontPage},
		{"front.lang", http.MethodGet, "/{lang}/{$}", html, frontPage},
		{"icon", http.MethodGet, "/favicon.ico", "image/svg+xml", showIcon},
		{"robots", http.MethodGet, "/robots.txt", plainText, showRobots},
		{"theme", http.MethodPost, "/theme", html, chooseTheme},
		{"trust", http.MethodGet, ofTenant, html, trustPage},
		{"trust.promises", http.MethodGet, ofTenant + "/promises.json", jsonType, listPromises},
		{"trust.changes", http.MethodGet, ofTenant + "/changes.atom", atomType, listChanges},
		{"trust.checkpoint", http.MethodGet, ofTenant + "/checkpoint", plainText, showCheckpoint},
		{"trust.key", http.MethodGet, ofTenant + "/key", plainText, showKey},
		{"trust.evidence", http.MethodGet, ofTenant + "/evidence/{file}", jsonType, showEvidence},
		{"trust.promise", http.MethodGet, ofTenant + "/{promise}", html, promisePage},
	}
}
