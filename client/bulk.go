package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	fast "github.com/go-json-experiment/json"
)

// ImportResult is what became of one line.
type ImportResult struct {
	Line    int      `json:"line"`
	Status  string   `json:"status"` // Created, Exists or Refused
	ID      string   `json:"id,omitzero"`
	Problem *Problem `json:"problem,omitzero"` // why it was refused, or what it met
}

// What became of a line.
const (
	Created = "created"
	Exists  = "exists"
	Refused = "refused"
)

// ErrCut is returned when an import or export ended before its end: what was told
// until then stands, and the call may be made again.
var ErrCut = errors.New("client: the answer broke off")

// maxLine bounds one line of an answer, in bytes.
const maxLine = 1 << 20

// Import sends newline-delimited JSON and calls tell with the result of each line,
// in order, while the rest is still being sent: tell is where progress is shown.
// A line is an object of fields, or {"fields":{…},"subject":"…"}. Each line is
// stored whole or not at all. Importing again is safe where a field is unique:
// what is there already is told as Exists.
func (k *Collection) Import(ctx context.Context, lines io.Reader, tell func(ImportResult) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the sending when tell gives up
	answer, err := k.c.open(ctx, request{method: http.MethodPost, path: k.path + ":import", media: ndjson, accept: ndjson,
		stream: lines}, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	ended := false
	err = eachLine(answer.Body, func(line []byte) error {
		var r ImportResult
		if err := fast.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("%w: %w", ErrCut, err)
		}
		switch {
		case r.Status == "ended":
			ended = true
			return nil
		case r.Status == "failed" && r.Problem != nil:
			return r.Problem
		}
		return tell(r)
	})
	if err == nil && !ended {
		return ErrCut
	}
	return err
}

const ndjson = "application/x-ndjson"

// eachLine reads lines. A last line without its end was cut off.
func eachLine(r io.Reader, do func([]byte) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var long []byte
	for {
		part, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if long = append(long, part...); len(long) > maxLine {
				return fmt.Errorf("%w: line over %d bytes", ErrCut, maxLine)
			}
			continue
		case errors.Is(err, io.EOF):
			if len(long)+len(part) > 0 {
				return ErrCut
			}
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCut, err)
		}
		if len(long) > 0 {
			part = append(long, part...)
			long = long[:0]
		}
		if len(part) > 1 {
			if err := do(part[:len(part)-1]); err != nil {
				return err
			}
		}
	}
}

// Export formats.
const (
	CSV    = "csv"
	NDJSON = "ndjson"
)

// Export writes all the records of a collection for a purpose, as the server sends
// them, and returns how many bytes were written. When it fails, what was written
// is not the whole.
func (k *Collection) Export(ctx context.Context, purpose, format string, dst io.Writer) (int64, error) {
	return k.c.download(ctx, request{method: http.MethodGet, path: k.path + ":export" + query("format", format),
		purpose: purpose}, dst)
}

// download writes an answer as it comes.
func (c *Client) download(ctx context.Context, r request, dst io.Writer) (int64, error) {
	answer, err := c.open(ctx, r, "")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	n, err := io.Copy(dst, answer.Body)
	if err != nil {
		return n, fmt.Errorf("%w: %w", ErrCut, err)
	}
	return n, nil
}

// Lines writes values as newline-delimited JSON, for Import.
func Lines[T any](values []T) io.Reader {
	r, w := io.Pipe()
	go func() {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, v := range values {
			if err := enc.Encode(v); err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.Close()
	}()
	return r
}
