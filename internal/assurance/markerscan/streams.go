package markerscan

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxUnpacked bounds what one compressed stream is unpacked to, in bytes.
const maxUnpacked = 64 << 20

// unpack opens a compressed stream that begins at the start of r; nil when none
// does.
func unpack(head []byte, r io.Reader) (io.Reader, func()) {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil
		}
		return io.LimitReader(z, maxUnpacked), func() { _ = z.Close() } // only reads
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			return nil, nil
		}
		return io.LimitReader(z, maxUnpacked), z.Close
	}
	return nil, nil
}

// streams finds where compressed streams may begin in a text.
func streams(text []byte, met func(offset int)) {
	for _, magic := range []string{"\x1f\x8b\x08", "\x28\xb5\x2f\xfd"} {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(magic))
			if i < 0 {
				break
			}
			met(at + i)
			at += i + len(magic)
		}
	}
}
