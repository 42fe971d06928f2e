package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/client"
	"garant.example/internal/db"
	"garant.example/testkit/stage"
)

// clientFiles is a map that gives each respondent of the survey to a client.
const clientFiles = `map: client-files
collection: files
encoding: utf-8
header_rows: 1
others: ignore
key: number
subject: {heading: [Mail], field: email}
tables:
  seen: {"Yes": high, "No": low}
columns:
  - {heading: [Have you seen any of the 6 films in the Star Wars franchise?], field: urgency, values: seen}
  - {heading: [RespondentID], field: number}
  - {heading: [Which character shot first?], field: subject, empty: (no answer)}
`

// surveyOf writes rows of the real survey with a column of whom each is about.
func surveyOf(t *testing.T, mails []string) string {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/survey/survey-respondents.csv")
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(bytes.NewReader(raw))
	in.FieldsPerRecord = -1
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for i := range 2 + len(mails) {
		cells, err := in.Read()
		if err != nil {
			t.Fatal(err)
		}
		for x := range cells {
			cells[x] = strings.ToValidUTF8(cells[x], "")
		}
		switch {
		case i == 0:
			cells = append([]string{"Mail"}, cells...)
		case i == 1: // the second row of headings
			continue
		default:
			cells = append([]string{mails[i-2]}, cells...)
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	file := filepath.Join(t.TempDir(), "files.csv")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestImportGivesRowsToTheirPersons: rows of the survey become files of clients; rows
// of nobody are refused by their line; again, nothing is stored twice.
func TestImportGivesRowsToTheirPersons(t *testing.T) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) { importSurvey(t, engine) })
	}
}

func importSurvey(t *testing.T, engine db.Engine) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	st := stage.Start(t, stage.Options{Engine: engine})
	office := st.Open("office", "back-office", "CA")
	ctx := context.Background()
	ids := map[string]string{}
	for _, mail := range []string{"ada@example.org", "ole@example.org"} {
		made, err := office.Program.Collection("clients").Create(ctx, client.NewRecord{Fields: []byte(`{"email":"` + mail + `","full_name":"A","standing":"active"}`)})
		if err != nil {
			t.Fatal(err)
		}
		ids[mail] = made.ID
	}
	mapFile := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(mapFile, []byte(clientFiles), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := shell{t, []string{"GARANT_LANG=en", "GARANT_TENANT=office", "GARANT_SERVER=" + st.URL(), "GARANT_TOKEN=" + office.Token.Secret,
		"GARANT_CA=" + filepath.Join(st.House.Opt.Dir, "ca", "root.crt")}}
	file := surveyOf(t, []string{"ada@example.org", "OLE@example.org", "ada@example.org", "", "stranger@example.org", "no mail", "ole@example.org"})
	args := []string{"import", file, "--collection", "files", "--map", mapFile, "--json"}
	if status, _, text := sh.run("", args...); status != exitUsage || !strings.Contains(text, "--purpose") {
		t.Errorf("without a purpose: %d %s", status, text)
	}
	args = append(args, "--purpose", "file-handling")
	for run, want := range [][2]int{{4, 0}, {0, 4}} {
		status, out, text := sh.run("", args...)
		var sum ImportSummary
		if err := json.Unmarshal([]byte(out), &sum); err != nil || status != exitFailed {
			t.Fatalf("run %d: %d %s %s", run, status, out, text)
		}
		if sum.Rows != 7 || sum.Created != want[0] || sum.Exists != want[1] || sum.Refused != 3 {
			t.Errorf("run %d: %+v", run, sum)
		}
		for i, line := range []int{5, 6, 7} {
			if i >= len(sum.First) || sum.First[i].Line != line || !strings.Contains(sum.First[i].Detail, "/subject") || strings.Contains(sum.First[i].Detail, "stranger") {
				t.Errorf("run %d, line %d: %+v", run, line, sum.First)
			}
		}
	}
	owners := map[string]int{}
	for r, err := range office.Program.Collection("files").All(ctx, client.ListOptions{Purpose: "file-handling"}) {
		if err != nil {
			t.Fatal(err)
		}
		owners[strings.TrimPrefix(r.Subject, "s_")]++
	}
	for mail, id := range ids {
		if owners[strings.TrimPrefix(id, "r_")] != 2 {
			t.Errorf("%s owns %d files of %v", mail, owners[strings.TrimPrefix(id, "r_")], owners)
		}
	}
}
