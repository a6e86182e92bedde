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
func launch() (address string, stop func() error, err error) {
	programs, err := programs()
	if err != nil {
		return "", nil, err
	}
	folder, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return "", nil, err
	}
	stop, err = programs.start(folder)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	where := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {folder}, "user": {"test"}}.Encode()}
	if err := answers(where.String()); err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return where.String(), stop, nil
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

func (b binaries) start(folder string) (stop func() error, err error) {
	data := filepath.Join(folder, "data")
	if err := os.Chown(folder, b.uid, -1); err != nil {
		return nil, err
	}
	made := b.command("initdb", "--pgdata", data, "--username", "test", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C")
	if output, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, output)
	}
	log, err := os.Create(filepath.Join(folder, "log")) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	server := b.command("postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=400")
	if err := os.WriteFile(filepath.Join(data, "postgresql.auto.conf"), []byte("fsync = off\nfull_page_writes = off\n"), 0o600); err != nil {
		return nil, err
	}
	if err := os.Chown(filepath.Join(data, "postgresql.auto.conf"), b.uid, -1); err != nil {
		return nil, err
	}
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
		return nil, errors.Join(err, log.Close())
	}
	return func() error {
		signalled := server.Process.Signal(syscall.SIGQUIT) // at once: nothing is to be kept
		<-ended
		return errors.Join(signalled, log.Close(), os.RemoveAll(folder))
	}, nil
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
