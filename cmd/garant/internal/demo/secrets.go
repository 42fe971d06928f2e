package demo

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// Notebook is what the demo tells whoever started it: sign-ins and tokens. A real
// platform keeps no such file; the demo does, so that its second start can say the
// same again. Mode 0600.
type Notebook struct {
	Passphrase string            `json:"passphrase"` // of the local key file
	SignIns    []SignIn          `json:"sign_ins"`
	Tokens     map[string]string `json:"tokens"` // tenant slug, or "operator", to token
	Filled     map[string]bool   `json:"filled"` // tenants whose records were made
}

// SignIn is one account of the demo.
type SignIn struct {
	Tenant   string `json:"tenant"`
	Role     string `json:"role"`
	Name     string `json:"name"`
	Password string `json:"password"`
	First    bool   `json:"first,omitzero"` // manages accounts
}

const notebookFile = "demo.json"

func readNotebook(dir string) (*Notebook, error) {
	n := &Notebook{Tokens: map[string]string{}, Filled: map[string]bool{}}
	data, err := os.ReadFile(filepath.Join(dir, notebookFile))
	if errors.Is(err, fs.ErrNotExist) {
		n.Passphrase = rand.Text()
		return n, n.save(dir)
	}
	if err != nil {
		return nil, err
	}
	return n, json.Unmarshal(data, n)
}

func (n *Notebook) save(dir string) error {
	data, err := json.Marshal(n, json.Deterministic(true))
	if err != nil {
		return err
	}
	next := filepath.Join(dir, notebookFile+".new")
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, notebookFile))
}

// has says whether an account of a role was made.
func (n *Notebook) has(tenant, role string) bool {
	for _, s := range n.SignIns {
		if s.Tenant == tenant && s.Role == role {
			return true
		}
	}
	return false
}
