// Package body has the bodies of the API's answers, as openapi.yaml describes
// them. They are generated: change the description, then run go generate.
//
// Requests are not read into types like these: package api reads them itself,
// because a generated decoder stops at the first wrong field, takes names in any
// case and lets the last of two equal names win.
package body

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config generate.yaml ../openapi.yaml
//go:generate sh -c "sha256sum < ../openapi.yaml > openapi.sha256"
