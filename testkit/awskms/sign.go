package awskms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// skew is how far the time of a request may be off, in both directions.
const skew = 5 * time.Minute

// checkSignature takes the Authorization header apart and computes the signature
// from the request as it arrived.
func (s *Server) checkSignature(r *http.Request, body []byte) error {
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	part := map[string]string{}
	for _, f := range strings.Split(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
		part[name] = value
	}
	scope := strings.Split(part["Credential"], "/")
	if len(scope) != 5 || part["SignedHeaders"] == "" || part["Signature"] == "" {
		return refuse("IncompleteSignatureException", "Authorization header is incomplete")
	}
	if scope[0] != s.o.AccessKey {
		return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if r.Header.Get("X-Amz-Security-Token") != s.o.Session {
		return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if err := s.checkScope(r, scope); err != nil {
		return err
	}
	signed := strings.Split(part["SignedHeaders"], ";")
	if !slices.IsSorted(signed) || !slices.Contains(signed, "host") || !slices.Contains(signed, "x-amz-date") ||
		!slices.Contains(signed, "x-amz-target") {
		return refuse("InvalidSignatureException", "'Host', 'X-Amz-Date' and 'X-Amz-Target' must be signed headers")
	}
	if !hmac.Equal([]byte(part["Signature"]), []byte(s.expected(r, signed, scope, body))) {
		return refuse("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expired {
		return refuse("ExpiredTokenException", "The security token included in the request is expired")
	}
	return nil
}

func (s *Server) checkScope(r *http.Request, scope []string) error {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return refuse("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.")
	}
	now := s.o.Clock.Now()
	switch {
	case now.Sub(at) > skew:
		return refuse("InvalidSignatureException", "Signature expired: %s is now earlier than %s", at, now.Add(-skew))
	case at.Sub(now) > skew:
		return refuse("InvalidSignatureException", "Signature not yet current: %s is still later than %s", at, now.Add(skew))
	case scope[1] != at.Format("20060102") || scope[2] != s.o.Region || scope[3] != "kms" || scope[4] != "aws4_request":
		return refuse("InvalidSignatureException", "Credential should be scoped to a valid region and service.")
	}
	return nil
}

func (s *Server) expected(r *http.Request, signed, scope []string, body []byte) string {
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", r.Method, r.URL.EscapedPath(), r.URL.RawQuery)
	for _, name := range signed {
		value := strings.Join(r.Header.Values(http.CanonicalHeaderKey(name)), ",")
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&canonical, "%s:%s\n", name, strings.TrimSpace(value))
	}
	digest := sha256.Sum256(body)
	fmt.Fprintf(&canonical, "\n%s\n%s", strings.Join(signed, ";"), hex.EncodeToString(digest[:]))
	whole := sha256.Sum256([]byte(canonical.String()))
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + strings.Join(scope[1:], "/") + "\n" + hex.EncodeToString(whole[:])
	secret := []byte("AWS4" + s.o.Secret)
	for _, p := range append(slices.Clone(scope[1:]), text) {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(p))
		secret = mac.Sum(nil)
	}
	return hex.EncodeToString(secret)
}
