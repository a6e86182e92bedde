package entra_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"directcallback/adapter/api/entra"
)

// check says what became of a token; nil = it is good.
func check(tb testing.TB, v *entra.Verifier, token string, want error) {
	tb.Helper()
	if _, err := v.Check(tb.Context(), token); !errors.Is(err, want) {
		tb.Errorf("%v, want %v", err, want)
	}
}

func (d *directory) rotate(tb testing.TB) {
	tb.Helper()
	if err := d.Rotate(); err != nil {
		tb.Fatal(err)
	}
}

func TestNobodyAsksForKeysBeforeATokenNeedsThem(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	d.goDown(true)
	v := d.verifier(t)
	check(t, v, "garbage", entra.ErrMalformed)
	if n := d.keysAsked(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// Many tokens name keys that nobody has; Entra hears of it once a minute.
func TestUnknownKeysDoNotHammerEntra(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	for minute := range 3 {
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				token, err := d.Sign(map[string]any{"kid": fmt.Sprint("made-up-", i)}, map[string]any{"iss": authority + "/" + tenant + "/v2.0"})
				if err != nil {
					t.Error(err)
				}
				check(t, v, token, entra.ErrUnknownKey)
			})
		}
		group.Wait()
		if n := d.keysAsked(); n != minute+1 {
			t.Fatalf("asked %d times in minute %d", n, minute+1)
		}
		check(t, v, d.token(t, identifier), nil)
		d.advance(time.Minute)
	}
}

func TestARotatedKeyIsFound(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	before := d.token(t, identifier)
	check(t, v, before, nil)
	d.rotate(t)
	d.advance(time.Minute)
	check(t, v, d.token(t, identifier), nil)
	check(t, v, before, nil) // it is published still
	if n := d.keysAsked(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestAWithdrawnKeyIsTrustedForAnHour(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	before := d.token(t, identifier)
	check(t, v, before, nil)
	d.rotate(t)
	d.Withdraw()
	d.advance(time.Hour)
	check(t, v, before, nil)
	d.advance(time.Second)
	check(t, v, before, entra.ErrUnknownKey)
	check(t, v, d.token(t, identifier), nil)
}

func TestEntraIsAwayAtFirst(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	d.goDown(true)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { check(t, v, d.token(t, identifier), entra.ErrAway) })
	}
	group.Wait()
	if n := d.keysAsked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	d.goDown(false)
	check(t, v, d.token(t, identifier), entra.ErrAway)
	d.advance(5 * time.Second)
	check(t, v, d.token(t, identifier), nil)
}

func TestEntraIsAwayLater(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	check(t, v, d.token(t, identifier), nil)
	d.goDown(true)
	d.advance(24 * time.Hour)
	check(t, v, d.token(t, identifier), nil)
	d.advance(time.Second)
	check(t, v, d.token(t, identifier), entra.ErrAway)
	d.goDown(false)
	d.advance(5 * time.Second)
	check(t, v, d.token(t, identifier), nil)
}

// One who asks for all goes away before the answer; the answer is for all.
func TestWhoeverAsksMayGoAway(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	v := d.verifier(t)
	answer, asked := make(chan struct{}), make(chan struct{}, 10)
	whole := d.handler
	token := d.token(t, identifier)
	d.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-answer
		whole.ServeHTTP(w, r)
	})
	first, leave := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := v.Check(first, token)
		done <- err
	}()
	<-asked
	second, leaveToo := context.WithCancel(t.Context())
	leaveToo()
	if _, err := v.Check(second, token); !errors.Is(err, context.Canceled) {
		t.Errorf("who waits and goes away: %v", err)
	}
	leave()
	close(answer)
	if err := <-done; err != nil {
		t.Errorf("who asked: %v", err)
	}
	check(t, v, token, nil)
	if n := d.keysAsked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestKeysThatSignNothingAreLeftOut(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	whole := d.handler
	token := d.token(t, identifier)
	for name, body := range map[string]string{
		"no keys":        `{"keys":[]}`,
		"curves":         `{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`,
		"shared secrets": `{"keys":[{"kty":"oct","kid":"k","k":"c2VjcmV0"}]}`,
		"nonsense":       `{"keys":[1,{"kty":"RSA"}]}`,
		"no JSON":        `<html>`,
	} {
		d.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/"+tenant+"/discovery/v2.0/keys" {
				whole.ServeHTTP(w, r)
				return
			}
			_, _ = w.Write([]byte(body))
		})
		if _, err := d.verifier(t).Check(t.Context(), token); !errors.Is(err, entra.ErrAway) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
