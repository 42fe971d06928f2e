package transit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type key struct {
	versions    []version
	minDecrypt  int
	softDeleted bool
	deletable   bool
	exportable  bool
}

type version struct {
	secret []byte
	made   time.Time
}

// AddKey makes a key of type aes256-gcm96.
func (s *Server) AddKey(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(name)
}

func (s *Server) add(name string) *key {
	k := &key{minDecrypt: 1}
	s.keys[name] = k
	s.rotate(k)
	return k
}

func (s *Server) rotate(k *key) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	k.versions = append(k.versions, version{secret, s.o.Clock.Now()})
}

// edit changes a key; it panics for one that is not there, which only a test's
// mistake can cause.
func (s *Server) edit(name string, change func(*key)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[name]
	if k == nil {
		panic("transit: no key " + name)
	}
	change(k)
}

// Rotate gives a key a new version.
func (s *Server) Rotate(name string) { s.edit(name, s.rotate) }

// Disable soft-deletes a key, or restores it.
func (s *Server) Disable(name string, on bool) { s.edit(name, func(k *key) { k.softDeleted = on }) }

// MinDecrypt refuses texts of versions below n.
func (s *Server) MinDecrypt(name string, n int) { s.edit(name, func(k *key) { k.minDecrypt = n }) }

// Exportable makes a key one that can leave the service.
func (s *Server) Exportable(name string) { s.edit(name, func(k *key) { k.exportable = true }) }

// Delete removes a key for ever.
func (s *Server) Delete(name string) { s.edit(name, func(*key) { delete(s.keys, name) }) }

// engine routes the calls of the secrets engine. The caller holds the lock.
func (s *Server) engine(method, path string, t *token, body []byte) (any, error) {
	parts := strings.Split(path, "/")
	write := method == http.MethodPost || method == http.MethodPut
	if len(parts) < 2 || parts[1] == "" {
		return nil, refuse(http.StatusNotFound, "unsupported path")
	}
	name := parts[1]
	if t.denied[name] {
		return nil, refuse(http.StatusForbidden, denied)
	}
	var in input
	if write && len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, refuse(http.StatusBadRequest, "failed to parse JSON input: "+err.Error())
		}
	}
	switch {
	case parts[0] == "encrypt" && len(parts) == 2 && write:
		return s.encrypt(name, t, in)
	case parts[0] == "decrypt" && len(parts) == 2 && write:
		return s.decrypt(name, in)
	case parts[0] == "keys" && len(parts) == 2:
		return s.manage(method, name, t)
	case parts[0] == "keys" && len(parts) == 3 && write:
		return s.configure(name, parts[2], in)
	}
	return nil, refuse(http.StatusMethodNotAllowed, "unsupported operation")
}

// input is the union of what the calls take.
type input struct {
	Plaintext      *string `json:"plaintext"`
	Ciphertext     string  `json:"ciphertext"`
	AssociatedData string  `json:"associated_data"`
	Context        string  `json:"context"`
	MinDecrypt     int     `json:"min_decryption_version"`
	Deletable      *bool   `json:"deletion_allowed"`
}

func bad(text string) error { return refuse(http.StatusBadRequest, text) }

func (s *Server) encrypt(name string, t *token, in input) (any, error) {
	if in.Plaintext == nil {
		return nil, bad("missing plaintext to encrypt")
	}
	plain, err := base64.StdEncoding.DecodeString(*in.Plaintext)
	if err != nil {
		return nil, bad(err.Error())
	}
	k := s.keys[name]
	switch {
	case k == nil && !t.create:
		return nil, refuse(http.StatusForbidden, denied)
	case k == nil:
		k = s.add(name)
	case k.softDeleted:
		return nil, bad("refusing to use soft-deleted key")
	}
	associated, err := base64.StdEncoding.DecodeString(in.AssociatedData)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, "unable to get associated_data/additional_data from factory[0]: "+err.Error())
	}
	if in.Context != "" {
		return nil, bad("provided context not allowed for this key")
	}
	n := len(k.versions)
	aead := gcm(k.versions[n-1].secret)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	sealed := aead.Seal(nonce, nonce, plain, associated)
	return data(map[string]any{"ciphertext": fmt.Sprintf("vault:v%d:%s", n, base64.StdEncoding.EncodeToString(sealed)), "key_version": n}), nil
}

func data(v map[string]any) any { return map[string]any{"request_id": rand.Text(), "data": v} }

func gcm(secret []byte) cipher.AEAD {
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // 32 bytes always
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (s *Server) decrypt(name string, in input) (any, error) {
	if in.Ciphertext == "" {
		return nil, bad("missing ciphertext to decrypt")
	}
	k := s.keys[name]
	if k == nil {
		return nil, bad("encryption key not found")
	}
	if k.softDeleted {
		return nil, bad("refusing to use soft-deleted key")
	}
	rest, ok := strings.CutPrefix(in.Ciphertext, "vault:v")
	if !ok {
		return nil, bad("invalid ciphertext: no prefix")
	}
	number, encoded, ok := strings.Cut(rest, ":")
	if !ok {
		return nil, bad("invalid ciphertext: wrong number of fields")
	}
	n, err := strconv.Atoi(number)
	switch {
	case err != nil:
		return nil, bad("invalid ciphertext: version number could not be decoded")
	case n > len(k.versions):
		return nil, bad("invalid ciphertext: version is too new")
	case n < max(1, k.minDecrypt):
		return nil, bad("ciphertext or signature version is disallowed by policy (too old)")
	}
	sealed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, bad("invalid ciphertext: could not decode base64")
	}
	associated, err := base64.StdEncoding.DecodeString(in.AssociatedData)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, "unable to get associated_data/additional_data from factory[0]: "+err.Error())
	}
	aead := gcm(k.versions[n-1].secret)
	if len(sealed) < aead.NonceSize() {
		return nil, bad("invalid ciphertext length")
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], associated)
	if err != nil {
		return nil, bad("cipher: message authentication failed")
	}
	return data(map[string]any{"plaintext": base64.StdEncoding.EncodeToString(plain)}), nil
}

// manage reads, makes and deletes a key.
func (s *Server) manage(method, name string, t *token) (any, error) {
	k := s.keys[name]
	switch {
	case method == http.MethodGet && k == nil:
		return nil, refuse(http.StatusNotFound)
	case method == http.MethodGet:
		return data(k.describe(name)), nil
	case method == http.MethodDelete:
		if k == nil || !k.deletable {
			return nil, bad(fmt.Sprintf("error deleting policy %s: deletion is not allowed for this key", name))
		}
		delete(s.keys, name)
		return nil, nil
	case !t.create:
		return nil, refuse(http.StatusForbidden, denied)
	case k == nil:
		k = s.add(name)
	}
	return data(k.describe(name)), nil
}

func (k *key) describe(name string) map[string]any {
	times := map[string]int64{}
	for i := max(1, k.minDecrypt); i <= len(k.versions); i++ {
		times[strconv.Itoa(i)] = k.versions[i-1].made.Unix()
	}
	return map[string]any{"name": name, "type": "aes256-gcm96", "keys": times, "latest_version": len(k.versions),
		"min_decryption_version": k.minDecrypt, "min_encryption_version": 0, "min_available_version": 0, "auto_rotate_period": 0,
		"deletion_allowed": k.deletable, "derived": false, "exportable": k.exportable, "allow_plaintext_backup": false,
		"imported_key": false, "soft_deleted": k.softDeleted, "supports_encryption": true, "supports_decryption": true,
		"supports_derivation": true, "supports_signing": false}
}

// configure rotates, soft-deletes, restores or changes the settings of a key.
func (s *Server) configure(name, verb string, in input) (any, error) {
	k := s.keys[name]
	if k == nil {
		return nil, bad(fmt.Sprintf("no existing key named %s could be found", name))
	}
	switch verb {
	case "rotate":
		if k.softDeleted {
			return nil, bad("refusing to use soft-deleted key")
		}
		s.rotate(k)
	case "soft-delete":
		k.softDeleted = true
	case "soft-delete-restore":
		k.softDeleted = false
	case "config":
		if in.MinDecrypt > len(k.versions) {
			return nil, bad(fmt.Sprintf("cannot set min decryption version of %d, latest key version is %d", in.MinDecrypt, len(k.versions)))
		}
		if in.MinDecrypt > 0 {
			k.minDecrypt = in.MinDecrypt
		}
		if in.Deletable != nil {
			k.deletable = *in.Deletable
		}
	default:
		return nil, refuse(http.StatusNotFound, "unsupported path")
	}
	return data(k.describe(name)), nil
}
