package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// launch makes a cluster in a temporary folder and starts its server.
func launch() (*instance, error) {
	programs, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return nil, err
	}
	i := &instance{binaries: programs, folder: folder}
	if err := errors.Join(i.make(), i.start()); err != nil {
		return nil, errors.Join(err, i.remove())
	}
	return i, nil
}

// instance is a server with a cluster of its own.
type instance struct {
	binaries
	folder string
	stop   func() error // ends the server at once; nil = it does not run
}

// address is the URL of its database.
func (i *instance) address() string {
	return (&url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {i.folder}, "user": {"test"}}.Encode()}).String()
}

// remove ends it for good.
func (i *instance) remove() error { return errors.Join(i.halt(), os.RemoveAll(i.folder)) }

// halt ends the server as a crash does: whoever has a connection is cut off.
func (i *instance) halt() error {
	if i.stop == nil {
		return nil
	}
	stop := i.stop
	i.stop = nil
	return stop()
}

// binaries are a folder with initdb and postgres, and who may run them: the
// server refuses to be root's.
type binaries struct {
	folder string
	as     *syscall.Credential
	uid    int
}

func programs() (binaries, error) {
	b := binaries{uid: os.Getuid()}
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return b, err
	}
	slices.Reverse(folders) // the newest first
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "postgres")); err == nil {
			b.folder = folder
			break
		}
	}
	if b.folder == "" {
		return b, errNone
	}
	if b.uid != 0 {
		return b, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(who.Uid)
		gid, gidErr := strconv.Atoi(who.Gid)
		b.uid, b.as = uid, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return b, errors.Join(uidErr, gidErr)
	}
	return b, errors.New("root cannot run PostgreSQL, and there is neither a user postgres nor nobody")
}

func (i *instance) data() string { return filepath.Join(i.folder, "data") }

// make makes the cluster.
func (i *instance) make() error {
	if err := os.Chown(i.folder, i.uid, -1); err != nil {
		return err
	}
	made := i.command("initdb", "--pgdata", i.data(), "--username", "test", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C")
	if output, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	settings := filepath.Join(i.data(), "postgresql.auto.conf")
	if err := os.WriteFile(settings, []byte("fsync = off\nfull_page_writes = off\n"), 0o600); err != nil {
		return err
	}
	return os.Chown(settings, i.uid, -1)
}

// start starts the server and waits until it answers.
func (i *instance) start() error {
	log, err := os.OpenFile(filepath.Join(i.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	server := i.command("postgres", "-D", i.data(), "-k", i.folder, "-c", "listen_addresses=", "-c", "max_connections=400")
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr.Pdeathsig = syscall.SIGQUIT // should the tests be killed
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		// That signal is sent when the thread ends that started the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := server.Start()
		started <- err
		if err == nil {
			_ = server.Wait() // it is killed in the end
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(err, log.Close())
	}
	i.stop = func() error {
		signalled := server.Process.Signal(syscall.SIGQUIT) // at once: nothing is to be kept
		<-ended
		return errors.Join(signalled, log.Close())
	}
	return answers(i.address())
}

func (b binaries) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(context.Background(), filepath.Join(b.folder, name), args...) //nolint:gosec // what is installed here
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: b.as}
	return command
}

// answers waits until a server does.
func answers(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}
