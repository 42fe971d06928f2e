package openapi

import (
	"strings"
	"testing"
)

const sound = `{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{"/a":{"get":{"operationId":"a","responses":{"200":{"description":"Done."}}}}}}`

// The judge itself is tested: a sound document passes, and each fault that is planted
// is found.
func TestCounterpartFindsWhatIsPlanted(t *testing.T) {
	if fault := Check(t, []byte(sound)); fault != "" {
		t.Errorf("a sound document: %s", fault)
	}
	for name, change := range map[string][2]string{
		"no title":             {`"title":"A",`, ``},
		"a path without slash": {`"/a":`, `"a":`},
		"no description":       {`{"description":"Done."}`, `{}`},
		"an unknown member":    {`"operationId":"a"`, `"operationID":"a"`},
		"a place that is none": {`"operationId":"a"`, `"parameters":[{"name":"x","in":"body","schema":{}}]`},
		"another version":      {`"3.1.0"`, `"3.0.0"`},
	} {
		if Check(t, []byte(strings.Replace(sound, change[0], change[1], 1))) == "" {
			t.Errorf("%s was not found", name)
		}
	}
}
