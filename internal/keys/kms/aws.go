package kms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
)

// AWS speaks to AWS KMS. Safe for concurrent use. Its client is our own: four calls
// of one JSON form do not pay for an SDK that adds 4 MB and 86 packages.
type AWS struct {
	o      AWSOptions
	client *http.Client
	host   string
}

// AWSOptions of NewAWS. Region, Credentials and Clock are required.
type AWSOptions struct {
	Region      string
	Endpoint    string // https://kms.REGION.amazonaws.com when empty; http only on loopback
	Credentials CredentialSource
	Client      *http.Client
	Clock       clock.Clock
	Retry       Retry
}

// NewAWS checks the settings; it does not call the service. It returns errs.Config.
func NewAWS(o AWSOptions) (*AWS, error) {
	if o.Region == "" || strings.ContainsAny(o.Region, "/.:@ ") {
		return nil, errs.New(errs.Config, "keys.aws_region").With("region", printable(o.Region)).Do("keys.aws_region.fix")
	}
	if o.Endpoint == "" {
		o.Endpoint = "https://kms." + o.Region + ".amazonaws.com"
	}
	base, err := endpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	o.Endpoint = base
	return &AWS{o: o, client: plainClient(o.Client), host: u.Host}, nil
}

// Name is "aws".
func (a *AWS) Name() string { return "aws" }

// Wrap is the call Encrypt; the context is its encryption context, which CloudTrail
// shows to the owner of the key.
func (a *AWS) Wrap(ctx context.Context, key string, plaintext []byte, bound Context) ([]byte, error) {
	if len(plaintext) > MaxPlaintext {
		return nil, a.fail(Unfit, key, errTooLarge)
	}
	in := struct {
		KeyId               string
		Plaintext           []byte
		EncryptionContext   Context
		EncryptionAlgorithm string
	}{key, plaintext, bound, awsSymmetric}
	var out struct{ CiphertextBlob []byte }
	if err := a.do(ctx, key, "Encrypt", in, &out); err != nil {
		return nil, err
	}
	if len(out.CiphertextBlob) == 0 {
		return nil, a.fail(Unreachable, key, errors.New("the answer holds no ciphertext"))
	}
	return out.CiphertextBlob, nil
}

const awsSymmetric = "SYMMETRIC_DEFAULT"

// Unwrap is the call Decrypt. The key is named, so that a text wrapped by another
// key that we may use does not open.
func (a *AWS) Unwrap(ctx context.Context, key string, wrapped []byte, bound Context) ([]byte, error) {
	if len(wrapped) == 0 {
		return nil, a.fail(Malformed, key, errors.New("empty"))
	}
	in := struct {
		KeyId               string
		CiphertextBlob      []byte
		EncryptionContext   Context
		EncryptionAlgorithm string
	}{key, wrapped, bound, awsSymmetric}
	var out struct{ Plaintext []byte }
	if err := a.do(ctx, key, "Decrypt", in, &out); err != nil {
		return nil, err
	}
	if len(out.Plaintext) == 0 {
		return nil, a.fail(Unreachable, key, errors.New("the answer holds no plaintext"))
	}
	return out.Plaintext, nil
}

// Describe is the calls DescribeKey and, where the principal may, those that tell
// of rotation.
func (a *AWS) Describe(ctx context.Context, key string) (State, error) {
	var out struct {
		KeyMetadata struct {
			Arn          string
			CreationDate awsTime
			Enabled      bool
			KeyState     string
			KeyUsage     string
			KeySpec      string
		}
	}
	named := struct{ KeyId string }{key}
	if err := a.do(ctx, key, "DescribeKey", named, &out); err != nil {
		return State{}, err
	}
	m := out.KeyMetadata
	if m.KeyUsage != "ENCRYPT_DECRYPT" || m.KeySpec != awsSymmetric {
		return State{}, a.fail(Unfit, key, fmt.Errorf("key of usage %s, spec %s", printable(m.KeyUsage), printable(m.KeySpec)))
	}
	s := State{Service: a.Name(), Key: key, ID: m.Arn, Enabled: m.Enabled, Detail: m.KeyState, Algorithm: "AES-256-GCM", Created: time.Time(m.CreationDate)}
	a.rotation(ctx, m.Arn, &s)
	return s, nil
}

// rotation fills in what is known of rotation. These calls have permissions of
// their own; without them the times stay unknown, which State allows.
func (a *AWS) rotation(ctx context.Context, arn string, s *State) {
	named := struct{ KeyId string }{arn}
	var status struct {
		KeyRotationEnabled bool
		NextRotationDate   awsTime
	}
	if a.do(ctx, arn, "GetKeyRotationStatus", named, &status) == nil && status.KeyRotationEnabled {
		s.RotateBy = time.Time(status.NextRotationDate)
	}
	var list struct {
		Rotations []struct{ RotationDate awsTime }
	}
	if a.do(ctx, arn, "ListKeyRotations", named, &list) != nil {
		return
	}
	s.Versions = 1 + len(list.Rotations)
	for _, r := range list.Rotations {
		if at := time.Time(r.RotationDate); at.After(s.RotatedAt) {
			s.RotatedAt = at
		}
	}
}

// awsTime is seconds since 1970 with a fraction, as JSON 1.1 writes times.
type awsTime time.Time

// UnmarshalJSON reads a number.
func (t *awsTime) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	whole, fraction := math.Modf(seconds)
	*t = awsTime(time.Unix(int64(whole), int64(fraction*1e9)).UTC())
	return nil
}

func (a *AWS) fail(reason Reason, key string, err error) error {
	return &Error{Reason: reason, Service: a.Name(), Key: key, Err: err}
}

// do makes one call, signed anew for each try.
func (a *AWS) do(ctx context.Context, key, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return a.fail(Unfit, key, err)
	}
	defer clear(body)
	return a.o.Retry.Do(ctx, func() error {
		credentials, err := a.o.Credentials(ctx)
		if err != nil {
			return a.fail(ReasonOf(err), key, err)
		}
		header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"TrentService." + action}}
		signature{credentials, a.o.Region, "kms", a.o.Clock.Now()}.sign(http.MethodPost, a.host, "/", "", header, body)
		answer, err := call(ctx, a.client, http.MethodPost, a.o.Endpoint+"/", header, body)
		if err != nil {
			return a.fail(Unreachable, key, err)
		}
		defer clear(answer.body)
		if answer.status == http.StatusOK {
			if err := json.Unmarshal(answer.body, out); err != nil {
				return a.fail(Unreachable, key, fmt.Errorf("answer is not JSON: %w", err))
			}
			return nil
		}
		return a.refused(key, answer)
	})
}

// refused reads an error answer: its type stands in the body or in a header.
func (a *AWS) refused(key string, answer answer) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Upper   string `json:"Message"`
	}
	// An answer that is no JSON still has its header and status.
	_ = json.Unmarshal(answer.body, &said)
	name := said.Type
	if name == "" {
		name, _, _ = strings.Cut(answer.header.Get("X-Amzn-Errortype"), ":")
	}
	if at := strings.LastIndexByte(name, '#'); at >= 0 {
		name = name[at+1:]
	}
	message := said.Message + said.Upper
	return a.fail(awsReason(answer.status, name, message), key, fmt.Errorf("status %d: %s: %s", answer.status, printable(name), printable(message)))
}

// awsReason reads what an error of the service means.
func awsReason(status int, name, message string) Reason {
	switch name {
	case "DisabledException", "KMSInvalidStateException":
		return Disabled
	case "NotFoundException":
		return NoKey
	case "InvalidCiphertextException", "IncorrectKeyException":
		return WrongKey
	case "ExpiredTokenException", "ExpiredToken":
		return Expired
	case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException":
		return Throttled
	case "InvalidSignatureException", "RequestExpired":
		// Our clock, or theirs: nobody has decided anything.
		if name == "RequestExpired" || strings.Contains(message, "Signature expired") || strings.Contains(message, "not yet current") {
			return Unreachable
		}
		return Denied
	case "InvalidKeyUsageException", "ValidationException", "InvalidArnException", "UnsupportedOperationException":
		return Unfit
	case "KeyUnavailableException", "DependencyTimeoutException", "KMSInternalException", "InternalFailure", "ServiceUnavailable":
		return Unreachable
	}
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case status >= 400 && status < 500 && name != "":
		// AccessDenied, UnrecognizedClient, MissingAuthenticationToken, IncompleteSignature, …
		return Denied
	}
	return Unreachable
}
