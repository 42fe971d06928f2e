package kms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Credentials of an AWS principal. They print as redacted.
type Credentials struct {
	AccessKey string
	Secret    string
	Session   string    // of temporary credentials
	Expires   time.Time // zero when they do not end
}

// String hides the secret.
func (c Credentials) String() string { return "**redacted**" }

// GoString hides the secret.
func (c Credentials) GoString() string { return "**redacted**" }

const (
	sigAlgorithm = "AWS4-HMAC-SHA256"
	sigTime      = "20060102T150405Z"
)

// signature is what AWS Signature Version 4 needs to know of a request.
type signature struct {
	credentials     Credentials
	region, service string
	now             time.Time
}

// sign adds X-Amz-Date, X-Amz-Security-Token and Authorization. Every header that
// is there already is signed, and host.
func (s signature) sign(method, host, path, query string, header http.Header, body []byte) {
	header.Set("X-Amz-Date", s.now.UTC().Format(sigTime))
	if s.credentials.Session != "" {
		header.Set("X-Amz-Security-Token", s.credentials.Session)
	}
	values := map[string]string{"host": host}
	for name, list := range header {
		values[strings.ToLower(name)] = strings.Join(strings.Fields(strings.Join(list, ",")), " ")
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		headers.WriteString(name + ":" + values[name] + "\n")
	}
	signed := strings.Join(names, ";")
	request := strings.Join([]string{method, path, query, headers.String(), signed, hexSum(body)}, "\n")
	header.Set("Authorization", sigAlgorithm+" Credential="+s.credentials.AccessKey+"/"+s.scope()+
		", SignedHeaders="+signed+", Signature="+s.of(request))
}

func (s signature) scope() string {
	return s.now.UTC().Format("20060102") + "/" + s.region + "/" + s.service + "/aws4_request"
}

// of is the signature of a canonical request.
func (s signature) of(request string) string {
	text := strings.Join([]string{sigAlgorithm, s.now.UTC().Format(sigTime), s.scope(), hexSum([]byte(request))}, "\n")
	key := []byte("AWS4" + s.credentials.Secret)
	for _, part := range strings.Split(s.scope(), "/") {
		key = sum(key, part)
	}
	return hex.EncodeToString(sum(key, text))
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
