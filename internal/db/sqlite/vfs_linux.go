package sqlite

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"

	"garant.example/internal/db"
)

// The library was translated without HAVE_FDATASYNC and flushes with fsync,
// which also writes the file's times: on a journaling file system that is a
// second write for every commit. C builds of SQLite use fdatasync on Linux
// (see full_fsync in os_unix.c), and so do we: a VFS of ours is the library's
// own, but for one function of the file.
//
// Memory layout, all in the library's memory: a copy of sqlite3_vfs with xOpen
// replaced, and the original xOpen behind it; a copy of sqlite3_io_methods with
// xSync replaced, and the original xSync behind it.
const (
	vfsName     = "garant"
	vfsSize     = unsafe.Sizeof(lib.Tsqlite3_vfs{})
	methodsSize = unsafe.Sizeof(lib.Tsqlite3_io_methods{})
)

// registerVFS makes the VFS known to the library, which keeps it for the
// process, and returns its name. Two that do so at the same moment do no harm:
// the library uses the later one.
func registerVFS() (string, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString(vfsName)
	if err != nil {
		return "", err
	}
	// Locks that belong to the open file and not to the process: reading a
	// database file elsewhere in this process must not drop SQLite's locks. An
	// old kernel refuses; then the usual ones serve.
	lib.Xmodernc_ofd_locking(tls, 1)
	if lib.Xsqlite3_vfs_find(tls, name) != 0 {
		libc.Xfree(tls, name)
		return vfsName, nil
	}
	base := lib.Xsqlite3_vfs_find(tls, 0)
	p := libc.Xcalloc(tls, 1, types.Size_t(vfsSize+2*ptrSize))
	if base == 0 || p == 0 {
		return "", fmt.Errorf("%w: no VFS", db.ErrUnavailable)
	}
	copy(libc.GoBytes(p, int(vfsSize)), libc.GoBytes(base, int(vfsSize)))
	setWord(p+vfsSize, word(p+unsafe.Offsetof(lib.Tsqlite3_vfs{}.FxOpen)))
	setWord(p+unsafe.Offsetof(lib.Tsqlite3_vfs{}.FxOpen), openPointer(vfsOpen))
	setWord(p+unsafe.Offsetof(lib.Tsqlite3_vfs{}.FzName), name)
	setWord(p+unsafe.Offsetof(lib.Tsqlite3_vfs{}.FpNext), 0)
	if rc := lib.Xsqlite3_vfs_register(tls, p, 0); rc != lib.SQLITE_OK {
		return "", fmt.Errorf("%w: VFS: code %d", db.ErrUnavailable, rc)
	}
	return vfsName, nil
}

// vfsOpen opens a file as the library does and gives it our methods.
func vfsOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	original := openFunc(word(vfs + vfsSize))
	rc := original(tls, vfs, name, file, flags, outFlags)
	methods := word(file)
	if rc != lib.SQLITE_OK || methods == 0 {
		return rc
	}
	ours := word(vfs + vfsSize + ptrSize)
	if ours == 0 || word(ours+methodsSize+ptrSize) != methods {
		if ours = copyMethods(tls, methods); ours == 0 {
			return lib.SQLITE_NOMEM
		}
		if word(vfs+vfsSize+ptrSize) == 0 { // the first kind of file is nearly every file
			setWord(vfs+vfsSize+ptrSize, ours)
		}
	}
	setWord(file, ours)
	return rc
}

// copyMethods copies the methods of a file with our xSync; behind them stand
// the original xSync and where the original methods are.
func copyMethods(tls *libc.TLS, methods uintptr) uintptr {
	p := libc.Xcalloc(tls, 1, types.Size_t(methodsSize+2*ptrSize))
	if p == 0 {
		return 0
	}
	copy(libc.GoBytes(p, int(methodsSize)), libc.GoBytes(methods, int(methodsSize)))
	slot := p + unsafe.Offsetof(lib.Tsqlite3_io_methods{}.FxSync)
	setWord(p+methodsSize, word(slot))
	setWord(p+methodsSize+ptrSize, methods)
	setWord(slot, syncPointer(fileSync))
	return p
}

// fileSync flushes content and length of a file. The first flush of a new
// journal also flushes its folder; that is left to the library.
func fileSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	head := libc.GoBytes(file, int(unsafe.Sizeof(lib.TunixFile{})))
	control := binary.NativeEndian.Uint16(head[unsafe.Offsetof(lib.TunixFile{}.FctrlFlags):])
	if control&lib.UNIXFILE_DIRSYNC != 0 {
		return syncFunc(word(word(file)+methodsSize))(tls, file, flags)
	}
	fd := int(int32(binary.NativeEndian.Uint32(head[unsafe.Offsetof(lib.TunixFile{}.Fh):])))
	for {
		switch err := syscall.Fdatasync(fd); err {
		case nil:
			return lib.SQLITE_OK
		case syscall.EINTR:
			continue
		default:
			return lib.SQLITE_IOERR_FSYNC
		}
	}
}

// word and setWord read and write one pointer in the library's memory.
func word(p uintptr) uintptr { return libc.AtomicLoadPUintptr(p) }

func setWord(p, v uintptr) { libc.AtomicStorePUintptr(p, v) }

// The library's function pointers are Go closures seen as addresses.

type (
	openFn = func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32
	syncFn = func(*libc.TLS, uintptr, int32) int32
)

func openPointer(f openFn) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f openFn }{f})) }
func syncPointer(f syncFn) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f syncFn }{f})) }
func openFunc(p uintptr) openFn    { return *(*openFn)(unsafe.Pointer(&struct{ p uintptr }{p})) }
func syncFunc(p uintptr) syncFn    { return *(*syncFn)(unsafe.Pointer(&struct{ p uintptr }{p})) }
