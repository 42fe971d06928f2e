package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"garant.example/client"
)

// serve answers every request of an example in the same way.
func serve(status int, body string) (c *client.Client, end func()) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"1-2f9c"`)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	c, err := client.New(client.Options{URL: s.URL, Token: "grt_example", Transport: s.Client().Transport})
	if err != nil {
		panic(err)
	}
	return c, s.Close
}

func Example() {
	c, end := serve(201, `{"id":"r_06h02ws55sw5vb1t0a67zjdwa8","version":1,"fields":{"display_name":"Mei"},"leaf":12}`)
	defer end()
	ctx := context.Background()
	people := c.Tenant("north-hall").Collection("participants")

	fields, err := client.FieldsOf(map[string]string{"email": "mei@example.org", "display_name": "Mei", "standing": "registered"})
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := people.Create(ctx, client.NewRecord{Fields: fields})
	if err != nil {
		fmt.Println(err)
		return
	}
	var person struct {
		Name string `json:"display_name"`
	}
	if err := made.Decode(&person); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.ID, made.ETag, person.Name)
	// Output: r_06h02ws55sw5vb1t0a67zjdwa8 "1-2f9c" Mei
}

func ExampleProblem() {
	c, end := serve(412, `{"code":"stale","detail":"Somebody else has changed this.","fix":"Read again."}`)
	defer end()
	people := c.Tenant("north-hall").Collection("participants")
	_, err := people.Update(context.Background(), "r_06h02ws55sw5vb1t0a67zjdwa8", `"1-2f9c"`, json.RawMessage(`{"display_name":"Mei T."}`))
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Code == client.Stale {
		fmt.Println(problem.Detail, problem.Fix)
	}
	// Output: Somebody else has changed this. Read again.
}

func ExampleCollection_Import() {
	c, end := serve(200, `{"line":1,"status":"created","id":"r_1"}`+"\n"+
		`{"line":2,"status":"refused","problem":{"code":"invalid","detail":"Some fields are not right."}}`+"\n"+
		`{"line":2,"status":"ended"}`+"\n")
	defer end()
	lines := strings.NewReader(`{"email":"mei@example.org"}` + "\n" + `{"email":"nothing"}` + "\n")
	err := c.Tenant("north-hall").Collection("participants").Import(context.Background(), lines, func(r client.ImportResult) error {
		fmt.Println(r.Line, r.Status)
		return nil
	})
	fmt.Println(err)
	// Output:
	// 1 created
	// 2 refused
	// <nil>
}
