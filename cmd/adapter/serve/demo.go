package serve

import (
	"context"
	"fmt"
	"net/http"

	"directcallback/adapter"
	"directcallback/adapter/api/demo"
)

// Demo is the part of Config that says whether there is a demonstration page.
type Demo struct {
	DemoQueue adapter.QueueID `env:"DEMO_QUEUE"` // whose callbacks the page asks for; both or neither
	DemoKey   string          `env:"DEMO_KEY"`   // publishable, of that queue and of the origin where the page is served
}

func (d Demo) demoOptions() demo.Options { return demo.Options{Queue: d.DemoQueue, Key: d.DemoKey} }

// check refuses a page that could ask for nothing.
func (d Demo) check() error {
	if d == (Demo{}) {
		return nil
	}
	if _, err := demo.New(d.demoOptions()); err != nil {
		return fmt.Errorf("%[1]sDEMO_QUEUE and %[1]sDEMO_KEY: %[2]w", prefix, err)
	}
	return nil
}

// demo makes the demonstration page, if there is to be one.
func (a *Adapter) demo(ctx context.Context, s Surroundings) (map[string]http.Handler, error) {
	o := a.config.demoOptions()
	if s.Demo != nil {
		var err error
		if o, err = s.Demo(ctx, a.service); err != nil {
			return nil, fmt.Errorf("demonstration page: %w", err)
		}
	}
	if o == (demo.Options{}) {
		return nil, nil
	}
	return demo.New(o)
}
