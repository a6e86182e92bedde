package adapter

import "errors"

// Sentinels for states that a caller branches on.
var (
	// ErrNotFound: no such queue, call or callback.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the row changed since it was read; read it again.
	ErrConflict = errors.New("changed meanwhile")
	// ErrTakenOver: what this process had claimed or leased is another's by now, which
	// took it for dead.
	ErrTakenOver = errors.New("taken over by another process")
	// ErrTooLate: the callback is past the point where this could be done.
	ErrTooLate = errors.New("too late")
	// ErrDuplicate: the number already has a pending callback in this queue.
	ErrDuplicate = errors.New("already pending")
	// ErrNotOffered: the queue cannot take callbacks now; the message says why.
	ErrNotOffered = errors.New("callback not offered")
)
