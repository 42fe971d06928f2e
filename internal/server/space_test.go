package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"garant.example/internal/audit"
	"garant.example/testkit/house"
)

// A full disk of one region closes the tenants that lie there and nobody else, and
// every place says how it is: to load balancers, to whoever measures, and in the log.
func TestRoomIsWatchedByPlace(t *testing.T) {
	elsewhere, err := os.MkdirTemp("/dev/shm", "garant") // another file system than the data folder's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(elsewhere) })
	var full atomic.Bool
	regions := house.Regions(t.TempDir())
	for i := range regions {
		if regions[i].Name == "sydney" {
			regions[i].Dir = filepath.Join(elsewhere, "sydney")
		}
	}
	h := house.Open(t, house.Options{Regions: regions, Free: func(dir string) (uint64, error) {
		if full.Load() && strings.HasPrefix(dir, elsewhere) {
			return 1, nil
		}
		return 100 * audit.SpaceWarn, nil
	}})
	here := h.Token(h.Tenant("here", "civic-engagement", "CA", false), "site")
	there := h.Token(h.Tenant("there", "civic-engagement", "AU", false), "site")
	written := 0
	write := func(slug, token string) int {
		written++
		res, _ := h.Do(token, "POST", "/v1/tenants/"+slug+"/collections/participants/records", `{"fields":{"email":"`+slug+strconv.Itoa(written)+`@example.org","display_name":"M","standing":"registered"}}`)
		return res.StatusCode
	}
	if write("here", here) != http.StatusCreated || write("there", there) != http.StatusCreated {
		t.Fatal("with room nothing is written")
	}
	full.Store(true)
	room := func() bool {
		for _, at := range h.House.Spaces() {
			if at.Place == "sydney" {
				return at.Level <= audit.RoomLow
			}
		}
		t.Fatal("the place is not watched")
		return false
	}
	for room() { // asked beside the writes, once a second
		runtime.Gosched()
	}
	if status := write("there", there); status != http.StatusServiceUnavailable {
		t.Errorf("on the full disk: %d", status)
	}
	if status := write("here", here); status != http.StatusCreated {
		t.Errorf("on the other disk: %d", status)
	}
	res, body := h.Do("", "GET", "/readyz", "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `"sydney":false`) || !strings.Contains(body, `"data folder":true`) || !strings.Contains(body, `"temporary files":true`) {
		t.Errorf("readyz: %s %s", res.Status, body)
	}
	if log := h.Log(); !strings.Contains(log, "level=refused place=sydney") {
		t.Errorf("the log does not say where: %s", log)
	}
}
