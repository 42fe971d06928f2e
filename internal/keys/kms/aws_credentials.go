package kms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"garant.example/internal/clock"
)

// CredentialSource gives the credentials for one call. An error should be an *Error
// when its reason is known; any other counts as unreachable.
type CredentialSource func(ctx context.Context) (Credentials, error)

// StaticCredentials gives the same ones for ever: from the configuration.
func StaticCredentials(c Credentials) CredentialSource {
	return func(context.Context) (Credentials, error) { return c, nil }
}

// HostCredentials gives what the machine has been given, as the AWS tools look for
// it: the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
// the endpoint of the container (AWS_CONTAINER_CREDENTIALS_*); the metadata service
// of the machine (IMDSv2 only). getenv is os.Getenv. Temporary ones are renewed
// five minutes before their end. Shared configuration files, single sign-on and
// assuming roles are not looked for.
func HostCredentials(getenv func(string) string, client *http.Client, c clock.Clock) CredentialSource {
	if client == nil {
		// No proxy: these addresses mean this machine.
		client = &http.Client{Transport: &http.Transport{}}
	}
	h := &hostCredentials{getenv: getenv, client: plainClient(client), clock: c, metadata: "http://169.254.169.254"}
	return h.get
}

type hostCredentials struct {
	getenv   func(string) string
	client   *http.Client
	clock    clock.Clock
	metadata string

	mu   sync.Mutex
	kept Credentials
}

// renewBefore is how long before their end credentials are asked for anew.
const renewBefore = 5 * time.Minute

// metadataTimeout is short: the service is on the machine itself, or not at all.
const metadataTimeout = 2 * time.Second

func (h *hostCredentials) get(ctx context.Context) (Credentials, error) {
	if id, secret := h.getenv("AWS_ACCESS_KEY_ID"), h.getenv("AWS_SECRET_ACCESS_KEY"); id != "" && secret != "" {
		return Credentials{AccessKey: id, Secret: secret, Session: h.getenv("AWS_SESSION_TOKEN")}, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.Now()
	if h.kept.AccessKey != "" && now.Before(h.kept.Expires.Add(-renewBefore)) {
		return h.kept, nil
	}
	fresh, err := h.fetch(ctx)
	if err != nil && h.kept.AccessKey != "" && now.Before(h.kept.Expires) {
		return h.kept, nil
	}
	if err == nil {
		h.kept = fresh
	}
	return fresh, err
}

func (h *hostCredentials) fetch(ctx context.Context) (Credentials, error) {
	full, relative := h.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), h.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
	switch {
	case relative != "":
		return h.container(ctx, "http://169.254.170.2"+relative)
	case full != "":
		if err := localURI(full); err != nil {
			return Credentials{}, err
		}
		return h.container(ctx, full)
	}
	return h.machine(ctx)
}

// localURI accepts what the AWS tools accept: https, loopback, and the addresses of
// the container services.
func localURI(uri string) error {
	u, err := url.Parse(uri)
	if err != nil {
		return err
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https", host == "localhost", host == "127.0.0.1", host == "::1", host == "169.254.170.2",
		host == "169.254.170.23", host == "fd00:ec2::23":
		return nil
	}
	return errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI leaves the machine unencrypted")
}

func (h *hostCredentials) container(ctx context.Context, uri string) (Credentials, error) {
	header := http.Header{}
	token := h.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if path := h.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return Credentials{}, err
		}
		token = strings.TrimSpace(string(data))
	}
	if token != "" {
		header.Set("Authorization", token)
	}
	return h.read(ctx, uri, header)
}

// machine asks the metadata service, version 2: first for a token.
func (h *hostCredentials) machine(ctx context.Context) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	const path = "/latest/meta-data/iam/security-credentials/"
	a, err := call(ctx, h.client, http.MethodPut, h.metadata+"/latest/api/token",
		http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {"300"}}, nil)
	if err != nil || a.status != http.StatusOK {
		return Credentials{}, errors.Join(fmt.Errorf("no credentials: not in the environment, and the metadata service says %d", a.status), err)
	}
	header := http.Header{"X-Aws-Ec2-Metadata-Token": {string(a.body)}}
	a, err = call(ctx, h.client, http.MethodGet, h.metadata+path, header.Clone(), nil)
	if err != nil || a.status != http.StatusOK {
		return Credentials{}, errors.Join(fmt.Errorf("the machine has no role: status %d", a.status), err)
	}
	role, _, _ := strings.Cut(string(a.body), "\n")
	return h.read(ctx, h.metadata+path+url.PathEscape(role), header)
}

// read reads credentials as all these services write them.
func (h *hostCredentials) read(ctx context.Context, uri string, header http.Header) (Credentials, error) {
	a, err := call(ctx, h.client, http.MethodGet, uri, header, nil)
	if err != nil {
		return Credentials{}, err
	}
	defer clear(a.body)
	if a.status != http.StatusOK {
		return Credentials{}, fmt.Errorf("no credentials: status %d", a.status)
	}
	var out struct {
		AccessKeyId, SecretAccessKey, Token string
		Expiration                          time.Time
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		return Credentials{}, fmt.Errorf("credentials are not JSON: %w", err)
	}
	if out.AccessKeyId == "" || out.SecretAccessKey == "" {
		return Credentials{}, errors.New("the answer holds no credentials")
	}
	return Credentials{out.AccessKeyId, out.SecretAccessKey, out.Token, out.Expiration}, nil
}
