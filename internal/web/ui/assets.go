package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// AssetPrefix is where Assets is mounted.
const AssetPrefix = "/assets/"

//go:embed assets/dist
var assetFiles embed.FS

// asset is one static file, ready to be sent.
type asset struct {
	plain   []byte
	gzipped []byte // nil when compression does not help
	kind    string
}

type assetBundle struct {
	version string // digest over every name and content
	files   map[string]asset
}

// bundle reads and compresses the embedded files once, at first use.
var bundle = sync.OnceValue(loadBundle)

func loadBundle() assetBundle {
	b := assetBundle{files: map[string]asset{}}
	sum := sha256.New()
	// The tree is embedded in the program: reading it cannot fail, and a file
	// that were missing would fail the tests of this package.
	_ = fs.WalkDir(assetFiles, "assets/dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		short := strings.TrimPrefix(name, "assets/dist/")
		sum.Write([]byte(short + "\x00"))
		sum.Write(content)
		b.files[short] = newAsset(short, content)
		return nil
	})
	b.version = hex.EncodeToString(sum.Sum(nil))[:12]
	return b
}

func newAsset(name string, content []byte) asset {
	a := asset{plain: content, kind: assetKind(name)}
	if strings.HasSuffix(name, ".woff2") {
		return a // compressed already
	}
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return a
	}
	if _, err := w.Write(content); err != nil || w.Close() != nil {
		return a
	}
	if buf.Len() < len(content) {
		a.gzipped = buf.Bytes()
	}
	return a
}

// assetKind does not rely on the machine's own table of types.
func assetKind(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// AssetPath is the address of a static file, for example
// AssetPath("garant.css"). The digest in it changes whenever any file changes,
// so that a browser may keep what it has for ever.
func AssetPath(name string) string {
	return AssetPrefix + bundle().version + "/" + name
}

// Assets serves the static files under AssetPrefix. A path with the current
// digest may be kept for ever; one with another digest (a page from a node of
// an earlier release) is answered with today's file, not to be kept.
func Assets() http.Handler {
	return http.HandlerFunc(serveAsset)
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, AssetPrefix)
	version, name, cut := strings.Cut(rest, "/")
	a, found := bundle().files[name]
	if !ok || !cut || !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// An SVG opened by itself is a document: it may do nothing either.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	if version == bundle().version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := a.plain
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped
		}
	}
	h.Set("ETag", etag(bundle().version, name, h.Get("Content-Encoding")))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func etag(version, name, encoding string) string {
	sum := sha256.Sum256([]byte(version + "\x00" + name + "\x00" + encoding))
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" is a refusal.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q := strings.ReplaceAll(strings.ToLower(quality), " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}
