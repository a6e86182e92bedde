package service_test

import (
	"testing"

	"go.uber.org/goleak"

	"directcallback/adapter/store/postgres/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Main(m)) }
