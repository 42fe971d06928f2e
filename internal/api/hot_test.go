package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/web"
	"garant.example/testkit/stage"
)

// door is the API behind the toolkit that every listener has, without a network:
// what a request costs beside the transport.
func door(b *testing.B) (h http.Handler, token string, records string) {
	b.Helper()
	s := stage.Start(b, stage.Options{})
	north := s.Open("north", "civic-engagement", "CA")
	kit := &web.Kit{Catalog: s.House.Catalog, Log: slog.New(slog.DiscardHandler), Clock: clock.System()}
	return kit.Wrap(s.API.Handler()), north.Token.Secret, "/v1/tenants/north/collections/participants/records"
}

func ask(b *testing.B, h http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header["Authorization"] = []string{"Bearer " + token}
	r.Header["Content-Type"] = []string{"application/json"}
	r.Header["Purpose"] = []string{"support"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code/100 != 2 {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	return w
}

func newPerson(n int64) string {
	return fmt.Sprintf(`{"fields":{"email":"p%d@example.org","display_name":"Person %d","phone":"+1418%07d","standing":"registered","notes":%q}}`,
		n, n, n, strings.Repeat("Prefers to be called in the morning. ", 20))
}

// concurrency is how many callers share a processor: the group commit wants company.
const concurrency = 32

func BenchmarkCreate(b *testing.B) {
	h, token, records := door(b)
	var n atomic.Int64
	b.SetParallelism(concurrency)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(b, h, "POST", records, token, newPerson(n.Add(1)))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	h, token, records := door(b)
	made := ask(b, h, "POST", records, token, newPerson(1))
	path := made.Header().Get("Location")
	b.SetParallelism(concurrency)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(b, h, "GET", path, token, "")
		}
	})
}

func BenchmarkFind(b *testing.B) {
	h, token, records := door(b)
	ask(b, h, "POST", records, token, newPerson(1))
	b.SetParallelism(concurrency)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ask(b, h, "POST", records+":find", token, `{"field":"email","value":"p1@example.org"}`)
		}
	})
}
