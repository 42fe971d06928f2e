package awskms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// key is one symmetric KMS key.
type key struct {
	id        string
	arn       string
	created   time.Time
	rotated   []time.Time
	materials [][]byte
	state     string // Enabled, Disabled, PendingDeletion
	denied    bool
	usage     string
}

// AddKey makes an enabled key, reachable by its id, its ARN and, when alias is not
// empty, "alias/NAME". It returns the ARN.
func (s *Server) AddKey(alias string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := requestID()
	id := fmt.Sprintf("%s-%s-%s-%s-%s", raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:])
	k := &key{id: id, arn: "arn:aws:kms:" + s.o.Region + ":" + s.o.Account + ":key/" + id, created: s.o.Clock.Now(), state: "Enabled",
		usage: "ENCRYPT_DECRYPT"}
	k.materials = append(k.materials, material())
	s.keys[id] = k
	if alias != "" {
		s.aliases["alias/"+alias] = id
	}
	return k.arn
}

func material() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

// edit changes a key by name; it panics for one that is not there, which only a
// test's mistake can cause.
func (s *Server) edit(name string, change func(*key)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.find(name)
	if err != nil {
		panic(err)
	}
	change(k)
}

// Disable disables a key, or enables it again.
func (s *Server) Disable(name string, on bool) {
	s.edit(name, func(k *key) {
		k.state = "Enabled"
		if on {
			k.state = "Disabled"
		}
	})
}

// Deny takes the permission to use a key away, or gives it back.
func (s *Server) Deny(name string, on bool) { s.edit(name, func(k *key) { k.denied = on }) }

// ScheduleDeletion puts a key into the state PendingDeletion.
func (s *Server) ScheduleDeletion(name string) {
	s.edit(name, func(k *key) { k.state = "PendingDeletion" })
}

// Delete removes a key, as when its waiting time is over.
func (s *Server) Delete(name string) {
	s.edit(name, func(k *key) { delete(s.keys, k.id) })
}

// Rotate gives a key new material; older texts go on decrypting.
func (s *Server) Rotate(name string) {
	s.edit(name, func(k *key) {
		k.materials = append(k.materials, material())
		k.rotated = append(k.rotated, s.o.Clock.Now())
	})
}

// find resolves an id, an ARN or an alias. The caller holds the lock.
func (s *Server) find(name string) (*key, error) {
	id := name
	if i := strings.LastIndex(id, ":key/"); i >= 0 {
		if !strings.HasPrefix(id, "arn:aws:kms:"+s.o.Region+":"+s.o.Account+":") {
			return nil, refuse("NotFoundException", "Invalid arn %s", name)
		}
		id = id[i+len(":key/"):]
	}
	if strings.HasPrefix(id, "alias/") {
		id = s.aliases[id]
	}
	k := s.keys[id]
	if k == nil {
		return nil, refuse("NotFoundException", "Key '%s' does not exist", name)
	}
	return k, nil
}

// usable says whether a key may be used for an action now.
func (k *key) usable(action string) error {
	switch {
	case k.denied:
		return refuse("AccessDeniedException", "User is not authorized to perform: kms:%s on resource: %s", action, k.arn)
	case k.state == "Disabled":
		return refuse("DisabledException", "%s is disabled.", k.arn)
	case k.state != "Enabled":
		return refuse("KMSInvalidStateException", "%s is pending deletion.", k.arn)
	}
	return nil
}

// input is the union of what the calls take.
type input struct {
	KeyId               string
	Plaintext           []byte
	CiphertextBlob      []byte
	EncryptionContext   map[string]string
	EncryptionAlgorithm string
}

const (
	symmetric    = "SYMMETRIC_DEFAULT"
	maxPlaintext = 4096
	maxContext   = 8192
)

func (in input) check() error {
	size := 0
	for name, value := range in.EncryptionContext {
		if name == "" || value == "" {
			return refuse("ValidationException", "encryption context has an empty key or value")
		}
		size += len(name) + len(value)
	}
	if size > maxContext {
		return refuse("ValidationException", "encryption context is larger than %d bytes", maxContext)
	}
	if in.EncryptionAlgorithm != "" && in.EncryptionAlgorithm != symmetric {
		return refuse("InvalidKeyUsageException", "algorithm %s", in.EncryptionAlgorithm)
	}
	return nil
}

func (s *Server) encrypt(in input) (any, error) {
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if len(in.Plaintext) == 0 || len(in.Plaintext) > maxPlaintext {
		return nil, refuse("ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "+
			"Member must have length between 1 and %d", maxPlaintext)
	}
	if err := k.usable("Encrypt"); err != nil {
		return nil, err
	}
	blob := append([]byte(k.id), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(blob[len(k.id):], uint32(len(k.materials)))
	aead := gcm(k.materials[len(k.materials)-1])
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	blob = append(blob, nonce...)
	blob = aead.Seal(blob, nonce, in.Plaintext, associated(k, in))
	return map[string]any{"CiphertextBlob": blob, "KeyId": k.arn, "EncryptionAlgorithm": symmetric}, nil
}

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

// associated is what a text is bound to; json writes the keys of a map in order.
func associated(k *key, in input) []byte {
	context, err := json.Marshal(in.EncryptionContext)
	if err != nil || len(in.EncryptionContext) == 0 {
		context = nil
	}
	return append([]byte(k.id), context...)
}

const idSize = 36

func (s *Server) decrypt(in input) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	invalid := refuse("InvalidCiphertextException", "")
	if len(in.CiphertextBlob) < idSize+4+12+16 {
		return nil, invalid
	}
	owner := s.keys[string(in.CiphertextBlob[:idSize])]
	if in.KeyId != "" {
		named, err := s.find(in.KeyId)
		if err != nil {
			return nil, err
		}
		if owner != nil && named != owner {
			return nil, refuse("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
		}
	}
	if owner == nil {
		return nil, invalid
	}
	if err := owner.usable("Decrypt"); err != nil {
		return nil, err
	}
	rest := in.CiphertextBlob[idSize:]
	version := int(binary.BigEndian.Uint32(rest))
	if version < 1 || version > len(owner.materials) {
		return nil, invalid
	}
	plain, err := gcm(owner.materials[version-1]).Open(nil, rest[4:16], rest[16:], associated(owner, in))
	if err != nil {
		return nil, invalid
	}
	return map[string]any{"Plaintext": bytes.Clone(plain), "KeyId": owner.arn, "EncryptionAlgorithm": symmetric}, nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (s *Server) described(in input) (*key, error) {
	k, err := s.find(in.KeyId)
	if err == nil && k.denied {
		err = k.usable("DescribeKey")
	}
	return k, err
}

func (s *Server) describe(in input) (any, error) {
	k, err := s.described(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"KeyMetadata": map[string]any{"AWSAccountId": s.o.Account, "KeyId": k.id, "Arn": k.arn, "CreationDate": seconds(k.created),
		"Enabled": k.state == "Enabled", "Description": "", "KeyUsage": k.usage, "KeyState": k.state, "Origin": "AWS_KMS",
		"KeyManager": "CUSTOMER", "CustomerMasterKeySpec": symmetric, "KeySpec": symmetric,
		"EncryptionAlgorithms": []string{symmetric}, "MultiRegion": false}}, nil
}

const rotationPeriod = 365 * 24 * time.Hour

func (s *Server) rotationStatus(in input) (any, error) {
	k, err := s.described(in)
	if err != nil {
		return nil, err
	}
	last := k.created
	if n := len(k.rotated); n > 0 {
		last = k.rotated[n-1]
	}
	return map[string]any{"KeyId": k.arn, "KeyRotationEnabled": true, "RotationPeriodInDays": 365, "NextRotationDate": seconds(last.Add(rotationPeriod))}, nil
}

func (s *Server) rotations(in input) (any, error) {
	k, err := s.described(in)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, at := range k.rotated {
		list = append(list, map[string]any{"KeyId": k.arn, "RotationDate": seconds(at), "RotationType": "ON_DEMAND"})
	}
	return map[string]any{"Rotations": list, "Truncated": false}, nil
}
