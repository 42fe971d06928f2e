package logverifier

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// caseEntries is how many entries the case is about: the end of the canary's log.
const caseEntries = 500

var errKey = errors.New("logverifier: the log has no verifier key")

// proof has a case bundle exported by an auditor and checked by the offline
// verifier.
func (m *mechanism) proof(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
	log, release, err := m.house.Tenants.Log(ctx, c.Canary, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	trust, err := registered(log)
	if err != nil {
		return err
	}
	from := head.Size - min(head.Size, caseEntries)
	answer, err := m.export(ctx, c.Canary, from, head.Size)
	if err != nil {
		f.Skipped()
		f.Miss("log_verifier.reason.export", err)
		return nil
	}
	f.Saw()
	result, manifest, err := casefile.CheckBundle(bytes.NewReader(answer.Body), int64(len(answer.Body)), trust, nil)
	switch {
	case err != nil:
		f.Fail("log_verifier.reason.bundle", log.Origin())
		f.Detail = err.Error()
		return nil
	case !result.OK():
		f.Fail("log_verifier.reason.bundle", log.Origin())
		f.Detail = fmt.Sprintf("%+v", result.Findings)
		return nil
	case manifest.First != max(from, manifest.PrunedBelow) || manifest.First+manifest.Count != head.Size:
		f.Fail("log_verifier.reason.bundle", log.Origin())
		f.Detail = "the period is not the one that was asked for"
	}
	m.refusals(answer.Body, trust, log.Origin(), f)
	m.logged(ctx, log, answer.Request, head.Size, f)
	f.Measure("entries", float64(result.Entries), "")
	f.Measure("disclosed", float64(result.Disclosed), "")
	f.Measure("bytes", float64(len(answer.Body)), "B")
	return nil
}

// export asks for the bundle as an auditor does.
func (m *mechanism) export(ctx context.Context, t tenant.Tenant, from, to uint64) (probe.Answer, error) {
	matrix, err := m.house.Gate.Matrix(ctx, t)
	if err != nil {
		return probe.Answer{}, err
	}
	role, ok := reader(matrix)
	if !ok {
		return probe.Answer{}, probe.ErrNoRole
	}
	auditor, err := probe.SignIn(ctx, m.house, t, role)
	if err != nil {
		return probe.Answer{}, err
	}
	door := probe.NewDoor(m.house)
	defer door.Close()
	answer, err := door.Must(ctx, probe.Call{Method: http.MethodGet, Path: bundlePath(string(t.Slug)) + "?from=" +
		strconv.FormatUint(from, 10) + "&to=" + strconv.FormatUint(to, 10), Bearer: auditor.Bearer})
	return answer, errors.Join(err, auditor.Leave(ctx))
}

func bundlePath(t string) string { return "/v1/tenants/" + t + "/log:bundle" }

// reader finds a role of persons that may export the log.
func reader(m *access.Matrix) (id.Name, bool) {
	for _, r := range m.Roles() {
		for _, rule := range r.Rules {
			if r.Holders != access.Services && rule.On == access.Log && slices.Contains(rule.Allow, access.Export) {
				return r.Name, true
			}
		}
	}
	return "", false
}

// registered is the key that the operator published for a log.
func registered(log *audit.Log) (casefile.Trust, error) {
	// Name, hash and key have a plus between them; an origin holds none, a key may.
	_, hashed, _ := strings.Cut(log.VerifierKey(), "+")
	_, key, _ := strings.Cut(hashed, "+")
	b, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		return casefile.Trust{}, errors.Join(errKey, err)
	}
	return casefile.Trust{Keys: []ed25519.PublicKey{b[1:]}, Origin: log.Origin()}, nil
}

// refusals makes sure that the verifier can say no: to the same bundle with one
// entry taken out, and under a key that nobody registered.
func (m *mechanism) refusals(bundle []byte, trust casefile.Trust, origin string, f *assurance.Finding) {
	stranger, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Miss("assurance.reason.broken", err)
		return
	}
	short, err := without(bundle)
	if err != nil {
		f.Miss("log_verifier.reason.export", err)
		return
	}
	for _, try := range []struct {
		file []byte
		keys []ed25519.PublicKey
	}{{short, trust.Keys}, {bundle, []ed25519.PublicKey{stranger}}} {
		f.Saw()
		result, _, err := casefile.CheckBundle(bytes.NewReader(try.file), int64(len(try.file)), casefile.Trust{Keys: try.keys, Origin: trust.Origin}, nil)
		if err == nil && result.OK() {
			f.Fail("log_verifier.reason.blind", origin)
		}
	}
}

// logged makes sure that the export itself stands in the log.
func (m *mechanism) logged(ctx context.Context, log *audit.Log, request id.Request, from uint64, f *assurance.Finding) {
	page, err := log.Entries(ctx, audit.Query{From: from, Request: request, Operations: []audit.Operation{audit.LogExport}})
	switch {
	case err != nil:
		f.Miss("log_verifier.reason.closed", err)
	case len(page.Entries) == 0:
		f.Fail("log_verifier.reason.unlogged", log.Origin())
	}
}
