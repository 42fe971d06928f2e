package server

import (
	"crypto/tls"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// A link says truly where it leads and whether it is encrypted: the listener sweep
// goes by it.
func TestDatabaseLink(t *testing.T) {
	for dsn, want := range map[string]struct {
		address string
		tls     bool
	}{
		"postgres://u:p@db.internal/postgres?sslmode=verify-full":       {"db.internal:5432", true},
		"postgres://u:p@db.internal:6432/postgres?sslmode=disable":      {"db.internal:6432", false},
		"postgres://u:p@db.internal/postgres?sslmode=prefer":            {"db.internal:5432", false}, // goes on without, when refused
		"host=/run/postgresql user=u dbname=postgres sslmode=disable":   {"/run/postgresql", false},
		"this is no address of a server, and a check has to notice it:": {"", false},
	} {
		link := databaseLink(tenant.Region{Name: "sydney", Engine: db.Postgres, DSN: db.Secret(dsn)})
		if link.Address != want.address || link.TLS != want.tls || link.InHouse {
			t.Errorf("%s: %+v", dsn, link)
		}
	}
	if link := databaseLink(tenant.Region{Engine: db.SQLite}); !link.InHouse {
		t.Errorf("%+v", link)
	}
}

func TestKeyLink(t *testing.T) {
	trust := &tls.Config{}
	if l := keyLink("a", "https://kms.ap-southeast-2.amazonaws.com", trust); l.Address != "kms.ap-southeast-2.amazonaws.com:443" || !l.TLS || l.Config != trust || l.Machine {
		t.Errorf("%+v", l)
	}
	if l := keyLink("a", "http://127.0.0.1:8200", trust); l.Address != "127.0.0.1:8200" || l.TLS || l.Config != nil || !l.Machine {
		t.Errorf("%+v", l)
	}
}

func TestMetadataLink(t *testing.T) {
	if l, ok := metadataLink(tenant.Region{Name: "sydney", Metadata: "http://169.254.169.254"}); !ok || l.Address != "169.254.169.254:80" || !l.Machine {
		t.Errorf("%+v", l)
	}
	for _, none := range []string{"", "/etc/garant/place.json"} {
		if l, ok := metadataLink(tenant.Region{Metadata: none}); ok {
			t.Errorf("%+v", l)
		}
	}
}
