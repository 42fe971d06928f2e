package tenant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Metadata is what a place says of itself, read where it stands: a region's label
// is a declaration, this is what it is held against.
type Metadata struct {
	Provider string    `json:"provider"`         // who runs the machine
	Account  string    `json:"account,omitzero"` // of the operator with the provider
	Code     string    `json:"region"`           // the provider's own name of the region
	Zone     string    `json:"zone,omitzero"`
	Instance string    `json:"instance,omitzero"`
	City     string    `json:"city"`
	Country  string    `json:"country"`     // ISO 3166-1 alpha-2
	At       time.Time `json:"at,omitzero"` // when it was written; zero: said just now
}

// ErrNoMetadata is returned for a region that names no source.
var ErrNoMetadata = errors.New("tenant: the region says nowhere where it is")

// ErrMetadata is returned when a place answers with something that is not what its
// source says, or contradicts itself.
var ErrMetadata = errors.New("tenant: metadata")

const (
	metadataPatience = 3 * time.Second
	maxMetadata      = 64 << 10 // bytes of one answer
	tokenLife        = "60"     // s; a token serves one reading
)

// Survey asks the region where it is: a file of the machine, or the machine's own
// metadata service in the form of AWS (IMDSv2).
func (r Region) Survey(ctx context.Context) (Metadata, error) {
	switch {
	case r.Metadata == "":
		return Metadata{}, ErrNoMetadata
	case strings.Contains(r.Metadata, "://"):
		return askMachine(ctx, r.Metadata)
	default:
		return readPlaceFile(r.Metadata)
	}
}

// readPlaceFile reads a JSON object that the provisioning of the machine wrote.
func readPlaceFile(path string) (Metadata, error) {
	if !filepath.IsAbs(path) {
		return Metadata{}, fmt.Errorf("%w: the path of the file is not absolute", ErrMetadata)
	}
	f, err := os.Open(path)
	if err != nil {
		return Metadata{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMetadata))
	if err != nil {
		return Metadata{}, err
	}
	return parsePlace(data)
}

// parsePlace reads the content of a place file. Unknown members are refused: a
// misspelt one would pass for silence.
func parsePlace(data []byte) (Metadata, error) {
	var m Metadata
	if err := json.Unmarshal(data, &m, json.RejectUnknownMembers(true)); err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	if m.Provider == "" || m.Code == "" || len(m.Country) != 2 {
		return Metadata{}, fmt.Errorf("%w: provider, region and country are needed", ErrMetadata)
	}
	return m, nil
}

// machine is one reading of a metadata service.
type machine struct {
	base   string
	token  string
	client *http.Client
}

// askMachine reads the identity document and the region of a metadata service, and
// holds the one against the other. The service is asked without encryption, so it
// must be the machine's own: a loopback or link-local address.
func askMachine(ctx context.Context, address string) (Metadata, error) {
	base, err := ownAddress(address)
	if err != nil {
		return Metadata{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, metadataPatience)
	defer cancel()
	// No proxy, no redirect, no connection kept: this address means this machine.
	transport := &http.Transport{DisableKeepAlives: true}
	m := &machine{base: base, client: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	token, err := m.call(ctx, http.MethodPut, "/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", tokenLife)
	if err != nil {
		return Metadata{}, err
	}
	m.token = string(token)
	document, err := m.get(ctx, "/latest/dynamic/instance-identity/document")
	if err != nil {
		return Metadata{}, err
	}
	found, err := parseIdentity(document)
	if err != nil {
		return Metadata{}, err
	}
	placed, err := m.get(ctx, "/latest/meta-data/placement/region")
	if err != nil {
		return Metadata{}, err
	}
	if string(placed) != found.Code {
		return Metadata{}, fmt.Errorf("%w: the document says region %q, the placement %q", ErrMetadata, found.Code, placed)
	}
	return found, nil
}

func ownAddress(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && (ip.Unmap().IsLoopback() || ip.Unmap().IsLinkLocalUnicast() || ip == awsAddress6())
	if u.Scheme != "http" || !local || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("%w: the service is not this machine's own", ErrMetadata)
	}
	return "http://" + u.Host, nil
}

// awsAddress6 is where the service of AWS answers over IPv6.
func awsAddress6() netip.Addr { return netip.MustParseAddr("fd00:ec2::254") }

func (m *machine) get(ctx context.Context, path string) ([]byte, error) {
	return m.call(ctx, http.MethodGet, path, "X-Aws-Ec2-Metadata-Token", m.token)
}

func (m *machine) call(ctx context.Context, method, path, header, value string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, m.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set(header, value)
	res, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: %s answered %d", ErrMetadata, path, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxMetadata+1))
	if err == nil && (len(body) == 0 || len(body) > maxMetadata) {
		err = fmt.Errorf("%w: %s answered %d bytes", ErrMetadata, path, len(body))
	}
	return body, err
}

// parseIdentity reads the instance identity document.
func parseIdentity(data []byte) (Metadata, error) {
	var doc struct {
		AccountID        string `json:"accountId"`
		Region           string `json:"region"`
		AvailabilityZone string `json:"availabilityZone"`
		InstanceID       string `json:"instanceId"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	if doc.Region == "" || doc.AccountID == "" || !strings.HasPrefix(doc.AvailabilityZone, doc.Region) {
		return Metadata{}, fmt.Errorf("%w: the document names no account, region or zone of it", ErrMetadata)
	}
	m := Metadata{Provider: "aws", Account: doc.AccountID, Code: doc.Region, Zone: doc.AvailabilityZone, Instance: doc.InstanceID}
	m.City, m.Country = awsGround(doc.Region)
	return m, nil
}

// awsGround is the ground on which a region of AWS stands, as its owner publishes
// it. A region that is not listed stands nowhere, which agrees with no label.
func awsGround(code string) (city, country string) {
	for _, g := range [][3]string{
		{"ap-southeast-2", "Sydney", "AU"}, {"ap-southeast-4", "Melbourne", "AU"}, {"ca-central-1", "Montréal", "CA"},
		{"ca-west-1", "Calgary", "CA"}, {"eu-central-1", "Frankfurt", "DE"}, {"eu-north-1", "Stockholm", "SE"},
		{"eu-south-1", "Milan", "IT"}, {"eu-south-2", "Zaragoza", "ES"}, {"eu-west-1", "Dublin", "IE"}, {"eu-west-2", "London", "GB"},
		{"eu-west-3", "Paris", "FR"}, {"us-east-1", "Ashburn", "US"}, {"us-east-2", "Columbus", "US"},
		{"us-west-1", "San Francisco", "US"}, {"us-west-2", "Portland", "US"}, {"ap-northeast-1", "Tokyo", "JP"},
		{"ap-southeast-1", "Singapore", "SG"}, {"eu-central-2", "Zurich", "CH"}, {"sa-east-1", "São Paulo", "BR"},
	} {
		if g[0] == code {
			return g[1], g[2]
		}
	}
	return "", ""
}
