package awskms

import (
	"encoding/json"
	"time"
)

// saved is a key as Save writes it.
type saved struct {
	ID        string      `json:"id"`
	ARN       string      `json:"arn"`
	Alias     string      `json:"alias,omitempty"`
	Created   time.Time   `json:"created"`
	Rotated   []time.Time `json:"rotated,omitempty"`
	Materials [][]byte    `json:"materials"`
	State     string      `json:"state"`
}

// Save writes the keys with their material, so that a later server can go on with
// them. The real service shows its material to nobody; a demo must survive its end.
func (s *Server) Save() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []saved{}
	for _, k := range s.keys {
		one := saved{ID: k.id, ARN: k.arn, Created: k.created, Rotated: k.rotated, Materials: k.materials, State: k.state}
		for alias, id := range s.aliases {
			if id == k.id {
				one.Alias = alias
			}
		}
		list = append(list, one)
	}
	return json.Marshal(list)
}

// Restore takes over the keys that Save wrote.
func (s *Server) Restore(data []byte) error {
	var list []saved
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range list {
		s.keys[one.ID] = &key{id: one.ID, arn: one.ARN, created: one.Created, rotated: one.Rotated, materials: one.Materials, state: one.State,
			usage: "ENCRYPT_DECRYPT"}
		if one.Alias != "" {
			s.aliases[one.Alias] = one.ID
		}
	}
	return nil
}

// ARN is the name of the key behind an alias; empty when there is none.
func (s *Server) ARN(alias string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[s.aliases["alias/"+alias]]
	if k == nil {
		return ""
	}
	return k.arn
}
