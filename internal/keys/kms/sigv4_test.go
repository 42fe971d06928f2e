package kms_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/keys/kms"
)

// The vectors are those of the AWS documentation and its test suite for Signature
// Version 4.
func TestSignatureVectors(t *testing.T) {
	c := kms.Credentials{AccessKey: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	now := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, v := range []struct {
		name, service, method, host, query string
		header                             http.Header
		want                               string
	}{
		{"list users", "iam", "GET", "iam.amazonaws.com", "Action=ListUsers&Version=2010-05-08",
			http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
			"SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
		{"get-vanilla", "service", "GET", "example.amazonaws.com", "", http.Header{},
			"SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"post-vanilla", "service", "POST", "example.amazonaws.com", "", http.Header{},
			"SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	} {
		got := kms.Sign(c, "us-east-1", v.service, now, v.method, v.host, "/", v.query, v.header, nil)
		if !strings.HasSuffix(got, v.want) {
			t.Errorf("%s: %s", v.name, got)
		}
	}
}

func TestCredentialsOfTheHost(t *testing.T) {
	ctx := context.Background()
	c := clock.NewFake(start)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/latest/api/token" && r.Method == http.MethodPut:
			fmt.Fprint(w, "metadata-token")
		case r.URL.Path == "/container" && r.Header.Get("Authorization") == "pod-token":
			asked++
			fmt.Fprintf(w, `{"AccessKeyId":"POD","SecretAccessKey":"s","Token":"t","Expiration":%q}`, c.Now().Add(time.Hour).Format(time.RFC3339))
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "metadata-token":
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
			fmt.Fprint(w, "garant-role\n")
		case strings.HasSuffix(r.URL.Path, "/security-credentials/garant-role"):
			asked++
			fmt.Fprintf(w, `{"AccessKeyId":"ROLE","SecretAccessKey":"s","Token":"t","Expiration":%q}`, c.Now().Add(time.Hour).Format(time.RFC3339))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	env := map[string]string{}
	get := kms.MachineCredentials(func(name string) string { return env[name] }, c, server.URL)
	for range 5 {
		got, err := get(ctx)
		if err != nil || got.AccessKey != "ROLE" || got.Session != "t" {
			t.Fatalf("%+v, %v", got.AccessKey, err)
		}
	}
	if asked != 1 {
		t.Fatalf("asked %d times", asked)
	}
	c.Advance(56 * time.Minute)
	if _, err := get(ctx); err != nil || asked != 2 {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = server.URL+"/container", "pod-token"
	c.Advance(time.Hour)
	if got, err := get(ctx); err != nil || got.AccessKey != "POD" {
		t.Fatalf("%v", err)
	}
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = "ENV", "s"
	if got, err := get(ctx); err != nil || got.AccessKey != "ENV" {
		t.Fatalf("%v", err)
	}
	env = map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/"}
	if _, err := kms.MachineCredentials(func(n string) string { return env[n] }, c, server.URL)(ctx); err == nil {
		t.Fatal("credentials were asked of a stranger")
	}
}
