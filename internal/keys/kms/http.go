package kms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what is read of an answer: a wrapped keyset is a few kilobytes.
const maxAnswer = 1 << 20

// answer is the whole of what a service said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// errRedirect is returned when a service sends us elsewhere: a wrapped key must not
// follow whoever answers.
var errRedirect = errors.New("the service answered with a redirect")

// call sends one request and reads the whole answer, which is no redirect.
func call(ctx context.Context, client *http.Client, method, url string, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, err
	}
	if len(data) > maxAnswer {
		return answer{}, errors.New("the answer is too long")
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return answer{}, fmt.Errorf("%w: %d", errRedirect, resp.StatusCode)
	}
	return answer{resp.StatusCode, resp.Header, data}, nil
}

// plainClient is the given client (for its TLS settings), following no redirect.
func plainClient(given *http.Client) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}
