// Command connector writes the files of a Power Platform custom connector, which Power
// Automate, Power Apps and Copilot Studio take, from the contract of the HTTP API:
//
//	go run ./infra/connector
//
// apiDefinition.swagger.json is the contract in OpenAPI 2.0, the only version that custom
// connectors read, with Microsoft's extensions for what makers see; apiProperties.json
// says how a connection signs in. Both are made, never edited; a test fails when they
// are not what the contract makes of them.
//
// What OpenAPI 2.0 cannot say is said in a simpler way that the API takes too: where a
// value may be one of several kinds, here it is an object; where several answers mean
// success, the one that says most is told. What the server checks anyway, lengths and
// patterns, is left to it.
//
// It implements the pages "Create a custom connector from an OpenAPI definition",
// "OpenAPI extensions for custom connectors" and "Custom connector FAQ" of Microsoft
// Power Platform.
package main
