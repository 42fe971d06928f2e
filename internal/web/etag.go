package web

import (
	"net/http"
	"strings"

	"garant.example/internal/errs"
)

// maxETags bounds an If-Match list.
const maxETags = 16

// ETag quotes a version as a strong entity tag. The version must be made of
// visible ASCII without quotes, as ids and hashes in hexadecimal are.
func ETag(version string) string { return `"` + version + `"` }

// parseETags reads If-Match or If-None-Match: a list of tags, or "*". Weak tags
// keep their mark.
func parseETags(header string) (tags []string, any bool, ok bool) {
	rest := strings.TrimSpace(header)
	if rest == "*" {
		return nil, true, true
	}
	for rest != "" {
		start := 0
		if strings.HasPrefix(rest, "W/") {
			start = 2
		}
		if len(rest) < start+2 || rest[start] != '"' {
			return nil, false, false
		}
		end := strings.IndexByte(rest[start+1:], '"')
		if end < 0 || len(tags) == maxETags {
			return nil, false, false
		}
		end += start + 2
		if !etagBytes(rest[start+1 : end-1]) {
			return nil, false, false
		}
		tags = append(tags, rest[:end])
		rest = strings.TrimLeft(rest[end:], " \t")
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return nil, false, false
		}
		rest = strings.TrimLeft(rest[1:], " \t,")
	}
	return tags, false, len(tags) > 0
}

func etagBytes(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// IfMatch returns the versions that the request is willing to change. It
// returns Precondition when the header is missing and Invalid when it is
// malformed, weak, or "*": a change must name what it has seen.
func IfMatch(r *http.Request) ([]string, error) {
	header := strings.Join(r.Header.Values("If-Match"), ",")
	if header == "" {
		return nil, errs.New(errs.Precondition, "web.if_match.missing").
			At("header/If-Match", "web.if_match.missing", nil).Do("web.if_match.missing.fix")
	}
	tags, any, ok := parseETags(header)
	versions := make([]string, 0, len(tags))
	for _, t := range tags {
		if strings.HasPrefix(t, "W/") {
			ok = false
		}
		versions = append(versions, strings.Trim(strings.TrimPrefix(t, "W/"), `"`))
	}
	if !ok || any {
		return nil, errs.New(errs.Invalid, "web.if_match.invalid").
			At("header/If-Match", "web.if_match.invalid", nil).Do("web.if_match.missing.fix")
	}
	return versions, nil
}

// CheckIfMatch compares the header with the version that is stored. It returns
// Stale when it has moved on.
func CheckIfMatch(r *http.Request, version string) error {
	versions, err := IfMatch(r)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v == version {
			return nil
		}
	}
	return errs.New(errs.Stale, "web.if_match.stale").
		At("header/If-Match", "web.if_match.stale", nil).Do("web.if_match.stale.fix")
}

// NotModified says whether the client already has the version; the answer is
// then 304 without a body. Weak comparison, as RFC 9110 wants.
func NotModified(r *http.Request, version string) bool {
	tags, any, ok := parseETags(strings.Join(r.Header.Values("If-None-Match"), ","))
	if !ok {
		return false
	}
	for _, t := range tags {
		if strings.TrimPrefix(t, "W/") == ETag(version) {
			return true
		}
	}
	return any
}
