package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

const (
	acceptTimeout = 60 * time.Second
	settleTimeout = 10 * time.Second
	commandBatch  = 50
)

// receive takes the commands of one session until ctx ends. Whatever goes wrong,
// it closes the receiver, pauses and accepts the session again.
func (b *bus) receive(ctx context.Context, session string, obey func(command)) {
	for ctx.Err() == nil {
		err := b.hold(ctx, session, obey)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if !idleSession(err) {
			b.log.Warn("receive commands", slog.Any("error", err))
		}
		wait(ctx, pause)
	}
}

// idleSession tells errors that only mean that there was nothing, or that
// somebody else holds the session at the moment.
func idleSession(err error) bool {
	refused, ok := errors.AsType[*azservicebus.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && refused.Code == azservicebus.CodeTimeout
}

// hold accepts a session and works on it until something goes wrong.
func (b *bus) hold(ctx context.Context, session string, obey func(command)) error {
	accepting, cancel := context.WithTimeout(ctx, acceptTimeout)
	receiver, err := b.options.Client.AcceptSessionForQueue(accepting, b.options.CommandQueue, session, nil)
	cancel()
	if err != nil {
		return fmt.Errorf("accept session: %w", err)
	}
	defer func() {
		closeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
		b.close(closeCtx, receiver)
	}()
	for ctx.Err() == nil {
		messages, err := b.fetch(ctx, receiver)
		if err != nil {
			return err
		}
		for _, m := range messages {
			if err := b.settle(ctx, receiver, m, obey); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch waits for commands, not longer than half the session's lock, and renews
// the lock when it has waited in vain or the lock is half gone. A property that
// the SDK cannot read makes it panic; that costs the batch, not the simulator.
func (b *bus) fetch(ctx context.Context, receiver *azservicebus.SessionReceiver) (messages []*azservicebus.ReceivedMessage, err error) {
	defer func() {
		if trouble := recover(); trouble != nil {
			err = fmt.Errorf("receive: the SDK panicked: %v", trouble)
		}
	}()
	left := time.Until(receiver.LockedUntil())
	waiting, cancel := context.WithTimeout(ctx, max(left/2, time.Second))
	defer cancel()
	messages, err = receiver.ReceiveMessages(waiting, commandBatch, nil)
	switch {
	case ctx.Err() != nil:
		return messages, nil
	case err != nil && waiting.Err() == nil:
		return nil, fmt.Errorf("receive: %w", err)
	case err == nil && len(messages) == 0:
		wait(ctx, pause) // a link that was cut and is being mended
	}
	if waiting.Err() == nil {
		return messages, nil
	}
	renewing, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if err := receiver.RenewSessionLock(renewing, nil); err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("renew session lock: %w", err)
	}
	return messages, nil
}

// settle hands a command to the loop and completes it, or dead-letters what no
// telephony could read.
func (b *bus) settle(ctx context.Context, receiver *azservicebus.SessionReceiver, m *azservicebus.ReceivedMessage, obey func(command)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	read := message{properties: m.ApplicationProperties, body: m.Body}
	if m.ContentType != nil {
		read.contentType = *m.ContentType
	}
	c, err := decodeCommand(read)
	if err != nil {
		b.log.Error("bad command", slog.Any("error", err))
		reason, text := "BadCommand", err.Error()
		return receiver.DeadLetterMessage(ctx, m, &azservicebus.DeadLetterOptions{Reason: &reason, ErrorDescription: &text})
	}
	obey(c)
	if err := receiver.CompleteMessage(ctx, m, nil); err != nil {
		return fmt.Errorf("complete: %w", err)
	}
	return nil
}
