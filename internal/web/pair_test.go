package web

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"garant.example/internal/web/localca"
)

// writePair writes a leaf of the authority as two PEM files.
func writePair(t *testing.T, ca *localca.CA, host, cert, key string) {
	t.Helper()
	hello := &tls.ClientHelloInfo{ServerName: host}
	leaf, err := ca.Get(hello)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: leaf.Certificate[0]},
		key:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
