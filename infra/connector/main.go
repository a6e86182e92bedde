package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "connector: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("connector", flag.ContinueOnError)
	contract := flags.String("contract", filepath.FromSlash("adapter/api/openapi.yaml"), "the API's contract, in OpenAPI 3.1")
	folder := flags.String("o", filepath.FromSlash("infra/connector"), "where the files go")
	host := flags.String("host", placeholder, "under which name the API is reached")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*contract)
	if err != nil {
		return err
	}
	files, err := generate(text, *host)
	if err != nil {
		return fmt.Errorf("%s: %w", *contract, err)
	}
	for name, content := range files {
		path := filepath.Join(*folder, name)
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
		if _, err := fmt.Fprintln(stdout, path); err != nil {
			return err
		}
	}
	return nil
}

// placeholder is what makers replace by the name of their own service.
const placeholder = "callbacks.example.com"

// generate makes the connector's files from the contract.
func generate(contract []byte, host string) (map[string][]byte, error) {
	definition, err := define(contract, host)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, content := range map[string]any{"apiDefinition.swagger.json": definition, "apiProperties.json": properties()} {
		if files[name], err = encode(content); err != nil {
			return nil, err
		}
	}
	return files, nil
}
