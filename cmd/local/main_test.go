package main

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/cmd/adapter/serve"
)

func TestMain(m *testing.M) {
	if database := os.Getenv(childCrowded); database != "" {
		os.Exit(residentAsChild(context.Background(), serve.Database(database), os.Stdout))
	}
	goleak.VerifyTestMain(postgrestest.Main(m))
}
