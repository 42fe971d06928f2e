package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/errs"
)

// MaxDepth is how deep arrays and objects may nest. Records of real collections
// stay under 6; a parser that recurses pays with its stack.
const MaxDepth = 32

// ReadJSON reads the body of a request into v. The media type must be JSON; the
// text must be valid UTF-8 without NUL, without duplicate or unknown names, at
// most MaxDepth deep. It returns Invalid with pointers, or TooLarge.
func ReadJSON(r *http.Request, v any) error {
	if err := SaysJSON(r); err != nil {
		return err
	}
	data, err := ReadBody(r)
	if err != nil {
		return err
	}
	return Decode(data, v)
}

// SaysJSON refuses a body that is not said to be JSON.
func SaysJSON(r *http.Request) error {
	if isJSON(r.Header.Get("Content-Type")) {
		return nil
	}
	return errs.New(errs.Invalid, "web.json.media").At("header/Content-Type", "web.json.media", nil).Do("web.json.media.fix")
}

func isJSON(contentType string) bool {
	if contentType == "application/json" { // what nearly everybody says
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return false
	}
	return media == "application/json" || strings.HasSuffix(media, "+json") && strings.HasPrefix(media, "application/")
}

// Decode reads strict JSON into v; see ReadJSON.
func Decode(data []byte, v any) error {
	if err := CheckJSON(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v, json.RejectUnknownMembers(true)); err != nil {
		return jsonError(err)
	}
	return nil
}

// Encode writes v as JSON, members of maps in order.
func Encode(w io.Writer, v any) error {
	return json.MarshalWrite(w, v, json.Deterministic(true))
}

// WriteJSON answers v. An error means that nothing was answered yet.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	data, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return errs.Of(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client is gone: nobody is left to tell
	return nil
}

// CheckJSON looks at the depth and for NUL in one pass, before anything
// recurses. Other mistakes it leaves to the parser.
func CheckJSON(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == 0:
			return errs.New(errs.Invalid, "web.json.nul").With("offset", i)
		case inString && c == '\\':
			if bytes.HasPrefix(data[i+1:], []byte("u0000")) {
				return errs.New(errs.Invalid, "web.json.nul").With("offset", i)
			}
			i++ // whatever is escaped does not end the string
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return errs.New(errs.Invalid, "web.json.deep").With("max", MaxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// jsonError turns the parser's errors into ours. The parser's words are dropped:
// they quote the input, which may be personal data.
func jsonError(err error) error {
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	out := errs.New(errs.Invalid, "web.json.invalid")
	switch {
	case errors.As(err, &syntax):
		key := "web.json.syntax"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			key = "web.json.duplicate"
		}
		out.At(pointer(syntax.JSONPointer), key, errs.Params{"offset": syntax.ByteOffset})
	case errors.As(err, &semantic):
		out.At(pointer(semantic.JSONPointer), semanticKey(semantic), nil)
	default:
		return bodyError(err)
	}
	return out
}

func semanticKey(e *json.SemanticError) string {
	if errors.Is(e.Err, json.ErrUnknownName) {
		return "web.json.unknown"
	}
	return "web.json.type"
}

// maxPointer bounds what an answer repeats of the input, in bytes.
const maxPointer = 256

func pointer(p jsontext.Pointer) string {
	s := string(p)
	if len(s) > maxPointer {
		s = s[:maxPointer]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// bodyError is what reading a body may fail with: too long, or cut off.
func bodyError(err error) error {
	if out := plain(err); out != err {
		return out
	}
	if e := (*errs.Error)(nil); errors.As(err, &e) {
		return e
	}
	return errs.New(errs.Invalid, "web.body.cut").Cause(err)
}
