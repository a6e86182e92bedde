package main

// Placeholders of the application that the organization registers in Entra for its
// connections, and of the API's own.
const (
	clientID = "00000000-0000-0000-0000-000000000000"
	resource = "api://direct-callback"
)

// signIn says in the definition that a connection signs in with Entra ID.
func signIn() node {
	return node{"entra": node{ //nolint:gosec // addresses, no credentials
		"type": "oauth2", "flow": "accessCode", "scopes": node{resource + "/.default": "Ask for callbacks"},
		"authorizationUrl": "https://login.microsoftonline.com/common/oauth2/authorize",
		"tokenUrl":         "https://login.microsoftonline.com/common/oauth2/token",
	}}
}

// properties is apiProperties.json.
func properties() node {
	return node{"properties": node{
		"connectionParameters": node{
			"token": node{"type": "oauthSetting", "oAuthSettings": node{
				"identityProvider": "aad", "clientId": clientID, "scopes": []any{}, "redirectMode": "Global",
				"redirectUrl": "https://global.consent.azure-apim.net/redirect",
				"properties":  node{"IsFirstParty": "False", "AzureActiveDirectoryResourceId": resource, "IsOnbehalfofLoginSupported": false},
				"customParameters": node{
					"loginUri":              node{"value": "https://login.microsoftonline.com"},
					"tenantId":              node{"value": "common"},
					"resourceUri":           node{"value": resource},
					"enableOnbehalfOfLogin": node{"value": "false"},
				},
			}},
		},
		"iconBrandColor":          "#0f4c81",
		"capabilities":            []any{},
		"policyTemplateInstances": []any{},
	}}
}
