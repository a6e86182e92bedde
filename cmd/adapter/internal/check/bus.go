package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/go-amqp"

	"directcallback/adapter"
)

// Queue is one of the adapter's queues in Service Bus, as it should be.
type Queue struct {
	Name     string
	Variable string // that names it
	Sessions bool
	Sends    bool   // the adapter sends there; otherwise it receives
	Without  string // what follows when it cannot be used
}

// Bus opens a link to each queue and looks at its first message, which takes nothing.
func Bus(ctx context.Context, client *azservicebus.Client, queues []Queue) Part {
	p := Part{Name: "Service Bus"}
	var good []string
	for _, q := range queues {
		before := len(p.Findings)
		q.try(ctx, client, &p)
		if len(p.Findings) == before {
			good = append(good, q.Name)
		}
		if len(p.Findings) > 0 && p.Findings[len(p.Findings)-1].Code == "unreachable.servicebus" {
			break // the others would say the same, each after a while
		}
	}
	p.Summary = strings.Join(good, ", ")
	if len(good) < len(queues) {
		p.Summary = fmt.Sprintf("%d of %s can be used", len(good), Count(len(queues), "queue"))
	}
	return p
}

// patience bounds what one link may take.
const patience = 20 * time.Second

func (q Queue) try(ctx context.Context, client *azservicebus.Client, p *Part) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if q.Sends {
		if err := trySend(ctx, client, q.Name); err != nil {
			p.find(q.cannot(err))
			return
		}
	}
	sessions, err := hasSessions(ctx, client, q.Name)
	switch {
	case err != nil && q.Sends:
		return // it may send, and need not look; then sessions cannot be seen
	case err != nil:
		p.find(q.cannot(err))
	case q.Sessions && !sessions:
		p.find(q.wrong("it has no sessions", "with sessions on"))
	case !q.Sessions && sessions:
		p.find(q.wrong("it requires sessions", "without sessions"))
	}
}

func trySend(ctx context.Context, client *azservicebus.Client, queue string) error {
	sender, err := client.NewSender(queue, nil)
	if err != nil {
		return err
	}
	_, err = sender.NewMessageBatch(ctx, nil) // opens the link, and sends nothing
	return errors.Join(err, sender.Close(context.WithoutCancel(ctx)))
}

// hasSessions looks at a message, for which the SDK opens a link that a queue with
// sessions refuses. Nothing is taken.
func hasSessions(ctx context.Context, client *azservicebus.Client, queue string) (bool, error) {
	receiver, err := client.NewReceiverForQueue(queue, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = receiver.Close(context.WithoutCancel(ctx)) }()
	_, err = receiver.PeekMessages(ctx, 1, nil)
	if refused, is := errors.AsType[*amqp.Error](err); is && refused.Condition == amqp.ErrCondNotAllowed {
		return true, nil
	}
	return false, err
}

func (q Queue) wrong(reason, how string) adapter.Finding {
	return broken("wrong.queue", q.Name, reason, q.Without, "Create the queue again "+how+", which cannot be changed later, or name another one in "+q.Variable+".")
}

// cannot says why a queue cannot be used.
func (q Queue) cannot(err error) adapter.Finding {
	switch whyRefused(err) {
	case azservicebus.CodeNotFound:
		return broken("missing.queue", q.Name, "the namespace has no queue of this name", q.Without, "Create the queue, or name another one in "+q.Variable+".")
	case azservicebus.CodeUnauthorizedAccess:
		right, role := "Listen", "Receiver"
		if q.Sends {
			right, role = "Send", "Sender"
		}
		return broken("refused.servicebus", q.Name, "Service Bus refuses the key or the application", q.Without,
			"With a connection string: copy it again, from a policy with "+right+". With a namespace: give the application the role Azure Service Bus Data "+role+".")
	default:
		return broken("unreachable.servicebus", q.Name, "Service Bus does not answer: "+err.Error(), q.Without,
			"Check DIRECTCALLBACK_SERVICEBUS_CONNECTION or DIRECTCALLBACK_SERVICEBUS_NAMESPACE, and that this machine reaches port 5671 there.")
	}
}

// whyRefused is the SDK's code of an error, which it leaves to the broker's condition
// where a link could not be opened; empty when it is none of those told apart here.
func whyRefused(err error) azservicebus.Code {
	if refused, is := errors.AsType[*azservicebus.Error](err); is {
		return refused.Code
	}
	if refused, is := errors.AsType[*amqp.Error](err); is {
		switch refused.Condition {
		case amqp.ErrCondNotFound:
			return azservicebus.CodeNotFound
		case amqp.ErrCondUnauthorizedAccess:
			return azservicebus.CodeUnauthorizedAccess
		}
	}
	return ""
}
