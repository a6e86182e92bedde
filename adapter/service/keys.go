package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// maxKeys bounds how many publishable keys are in force: each is looked at for each
// call with one.
const maxKeys = 1000

// keysFor is how soon a process notices what another did with keys.
const keysFor = 2 * time.Second

// keyring remembers the keys in force, so that calls with one do not each read them.
type keyring struct {
	turn chan struct{} // held by whoever looks
	keys []adapter.PublishableKey
	read time.Time // zero = not since they changed
}

// CreateKey makes a publishable key of a name, for pages of origins that ask for
// queues, and returns its text, which nobody can be told again. A queue that the portal
// does not have is adapter.ErrNotFound.
func (s *Service) CreateKey(ctx context.Context, k adapter.PublishableKey, by Signature) (key adapter.PublishableKey, text string, err error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	text = adapter.NewKey(random)
	k.ID = adapter.KeyID(s.o.NewID())
	k.Hash, _ = adapter.HashKey(text)
	err = s.ofKey(ctx, "created", k.ID, by, func(r *run) error {
		if err := r.mayCreate(k); err != nil {
			return err
		}
		k.CreatedAt, k.CreatedBy = r.now, by.By
		return r.tx.SaveKey(k)
	})
	if err != nil {
		return adapter.PublishableKey{}, "", err
	}
	return k, text, nil
}

func (r *run) mayCreate(k adapter.PublishableKey) error {
	var wrong []error
	if strings.TrimSpace(k.Name) == "" {
		wrong = append(wrong, errors.New("a key needs a name, to be known by when it is revoked"))
	}
	if len(k.Origins) == 0 || len(k.Queues) == 0 {
		wrong = append(wrong, errors.New("a key needs an origin and a queue: it stands in a page for everybody to read"))
	}
	for _, queue := range k.Queues {
		if _, has := r.portal.plans.Plan(queue); !has {
			wrong = append(wrong, fmt.Errorf("queue %s: %w", queue, adapter.ErrNotFound))
		}
	}
	all, err := r.tx.Keys()
	if len(inForce(all)) >= maxKeys {
		wrong = append(wrong, fmt.Errorf("%d keys are in force, and no more may be; revoke one", maxKeys))
	}
	return errors.Join(append(wrong, err)...)
}

// RevokeKey ends a key: for this process at once, for others within keysFor. That it
// was revoked before is no error; that it is not there is adapter.ErrNotFound.
func (s *Service) RevokeKey(ctx context.Context, id adapter.KeyID, by Signature) error {
	return s.ofKey(ctx, "revoked", id, by, func(r *run) error { return r.tx.RevokeKey(id, r.now, by.By) })
}

// ofKey does what a person decides of a key.
func (s *Service) ofKey(ctx context.Context, what string, id adapter.KeyID, by Signature, do func(*run) error) error {
	if by.By == "" || by.Reason == "" {
		return errors.New("key: a decision needs a name and a reason")
	}
	if err := s.do(ctx, do); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	// Whoever reads the keys at this moment may read them as they were. It is waited
	// for, although the one who decided may not: it is done already.
	s.keyring.turn <- struct{}{}
	s.keyring.read = time.Time{}
	<-s.keyring.turn
	s.o.Logger.InfoContext(ctx, "publishable key changed", "what", what, "key", string(id), "by", by.By, "reason", by.Reason)
	return nil
}

// Keys lists the publishable keys, revoked ones too, in the order in which they were
// created.
func (s *Service) Keys(ctx context.Context) (all []adapter.PublishableKey, err error) {
	err = s.o.Update(ctx, func(tx Tx) (err error) { all, err = tx.Keys(); return err })
	return all, err
}

// KeysInForce are those that were not revoked. What another process did may be missing
// for keysFor. They are not the caller's to change.
func (s *Service) KeysInForce(ctx context.Context) ([]adapter.PublishableKey, error) {
	select {
	case s.keyring.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.keyring.turn }()
	now := s.o.Clock.Now()
	if age := now.Sub(s.keyring.read); !s.keyring.read.IsZero() && age >= 0 && age < keysFor {
		return s.keyring.keys, nil
	}
	all, err := s.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("publishable keys: %w", err)
	}
	s.keyring.keys, s.keyring.read = inForce(all), now
	return s.keyring.keys, nil
}

func inForce(all []adapter.PublishableKey) []adapter.PublishableKey {
	return slices.DeleteFunc(all, func(k adapter.PublishableKey) bool { return !k.InForce() })
}
