package pgserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"garant.example/internal/db"
)

// Server is a running PostgreSQL.
type Server struct {
	Dir  string // everything it owns
	Bin  string // where pg_ctl, pg_basebackup and the others are
	Port int

	settings []string

	as     *syscall.Credential // nil when the process is unprivileged already
	keeper *exec.Cmd
	alive  io.Closer // closing it ends the server
	done   chan struct{}
}

// shared is the one server of this test process.
//
//nolint:gochecknoglobals // a process has one; nothing else may start it twice
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Start returns the server that the tests of this process share. It does not
// flush to the disk, which no test could notice: a test that measures takes Own.
func Start(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start("-c", "fsync=off", "-c", "full_page_writes=off")
	}
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.server
}

// Own starts a server for this test alone; it ends with the test.
func Own(tb testing.TB) *Server {
	tb.Helper()
	s, err := start()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.end)
	return s
}

// DSN is how a client reaches the server.
func (s *Server) DSN() db.Secret {
	return db.Secret(fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=5", s.Port))
}

// Place names a database that does not exist yet. It is dropped with the test.
func (s *Server) Place(tb testing.TB, family db.Family) db.Place {
	tb.Helper()
	p := db.Place{Engine: db.Postgres, Family: family, DSN: s.DSN(), Name: "t_" + strings.ToLower(rand.Text())}
	tb.Cleanup(func() {
		if err := s.drop(p.Name); err != nil {
			tb.Errorf("pgserver: %v", err)
		}
	})
	return p
}

func (s *Server) drop(name string) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.DSN().Reveal())
	if err != nil {
		return nil // the test ended the server: nothing is left to drop
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}

// PID is the number of the server's first process, to be signalled by a test.
func (s *Server) PID() (int, error) {
	b, err := os.ReadFile(filepath.Join(s.Dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(b, []byte("\n"))
	return strconv.Atoi(string(first))
}

// start makes a cluster and runs it.
func start(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "garant-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, Bin: bin, settings: settings}
	if s.as, err = credential(); err != nil {
		return nil, err
	}
	if s.as != nil {
		if err := os.Chown(dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, err
		}
	}
	out, err := s.command("initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--data-checksums", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("pgserver: initdb: %w: %s", err, out)
	}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	if err := s.Up(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// keep runs the server until its input ends, and then stops it and removes what
// it wrote, unless it was told to keep the folder.
const keep = `
bin=$1 dir=$2 port=$3
shift 3
"$bin/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$port" \
  -c shared_buffers=64MB -c max_connections=200 -c autovacuum_naptime=60s -c deadlock_timeout=100ms "$@" </dev/null >>"$dir/log" 2>&1 &
pid=$!
read -r word
if [ "$word" = kill ]; then
  all=$pid # with its children, which would serve on for a while
  for s in /proc/[0-9]*/stat; do
    read -r p name state parent rest <"$s" || continue
    [ "$parent" = "$pid" ] && all="$all $p"
  done 2>/dev/null
  kill -KILL $all
else
  kill -INT "$pid"
fi
wait "$pid"
[ -n "$word" ] || rm -rf "$dir" # no word: the test process is gone
`

// Up runs the server in its folder, the first time or again after Down or Kill.
// After a kill its former children may still hold its memory: then it tries again.
func (s *Server) Up() error {
	var err error
	for range 20 {
		if err = s.up(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) up() error {
	args := append([]string{"-c", keep, "keep", s.Bin, s.Dir, strconv.Itoa(s.Port)}, s.settings...)
	s.keeper = exec.Command("/bin/sh", args...)
	s.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setsid: true}
	s.keeper.Dir = "/"
	in, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.alive = in
	if err := s.keeper.Start(); err != nil {
		return err
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(s.keeper, s.done)
	return s.await()
}

// await returns once the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := pgx.Connect(ctx, s.DSN().Reveal())
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("pgserver: it ended at once: %s", s.Log())
		case <-ctx.Done():
			return fmt.Errorf("pgserver: no answer (%w): %s", err, s.Log())
		}
	}
}

// Log is what the server said.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	return string(b)
}

// Down stops the server and keeps its folder; Up starts it again.
func (s *Server) Down() { s.tell("stop\n") }

// Kill ends all the server's processes as a crash would, and keeps its folder.
func (s *Server) Kill() { s.tell("kill\n") }

func (s *Server) tell(word string) {
	// The keeper may be gone already; then there is nobody to tell.
	_, _ = io.WriteString(s.alive.(io.Writer), word)
	<-s.done
	s.alive.Close()
}

// end stops the server and removes its folder.
func (s *Server) end() {
	s.alive.Close()
	<-s.done
	os.RemoveAll(s.Dir)
}

// command runs one of PostgreSQL's programs as the unprivileged user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.Bin, name), args...)
	cmd.Dir = "/"
	if s.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	return cmd
}

// credential is the user that the server runs as: root may not run it.
func credential() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("pgserver: there is no user postgres or nobody")
}

// freePort asks the system for one.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
