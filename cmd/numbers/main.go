// Command numbers measures what the adapter is to hold, on this machine, and prints
// it as a table: the target, what was measured, and beside it the bare loop of the
// same run, because absolute times say as much of the machine as of the program.
//
//	go run ./cmd/numbers
//
// The measuring is done by the benchmarks of the packages, which it runs with the go
// command, one after the other; all take some ten minutes. What could not be measured
// has a line that says why. It exits with 1 when a benchmark failed, not when a target
// was missed: only a machine with nothing else to do can tell that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "numbers: %v\n", err)
		os.Exit(1) //nolint:gocritic // the process ends, and stop with it
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("numbers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "`regular expression` for the benchmarks to run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	measured := results{}
	var failed []error
	for _, s := range suites() {
		if !wanted.MatchString(s.benchmarks) {
			continue
		}
		_, _ = fmt.Fprintf(stderr, "%s: %s\n", s.pkg, s.benchmarks)
		output, err := s.run(ctx)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w\n%s", s.pkg, err, output))
		}
		measured.read(string(output))
	}
	return errors.Join(append(failed, write(stdout, table(measured)))...)
}

// suite is some benchmarks of a package that are run together.
type suite struct{ pkg, benchmarks, times string }

func suites() []suite {
	return []suite{
		{"./adapter/overflow", "^Benchmark(Decide|ByHand)$", "1s"},
		{"./adapter/overflow", "^BenchmarkCompile$", "20x"},
		{"./dataverse", "^BenchmarkLoadSettings5000$", "1x"},
		{"./dataverse", "^BenchmarkDeltaOfTen$", "10x"},
		{"./cmd/local", "^BenchmarkWholeWay", "40000x"},
		{"./cmd/local", "^BenchmarkLatency$", "10000x"},
		{"./cmd/local", "^BenchmarkRequests$", "5000x"},
		{"./adapter/service", "^BenchmarkSlots$", "200x"},
		{"./cmd/local", "^BenchmarkResident$", "1x"},
		{"./cmd/local", "^BenchmarkFirstCall$", "5x"},
	}
}

func (s suite) run(ctx context.Context) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", "test", s.pkg, "-run", "^$", "-bench", s.benchmarks, "-benchtime", s.times, "-benchmem", "-timeout", "30m") //nolint:gosec // of the table above
	return command.CombinedOutput()
}
