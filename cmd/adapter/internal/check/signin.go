package check

import (
	"context"
	"errors"
	"regexp"

	"directcallback/dataverse"
)

// SignIn signs in and asks Dataverse who that is. Without an answer nothing else of
// Dataverse can be looked at; user is then empty.
func SignIn(ctx context.Context, c *dataverse.Client) (p Part, user string) {
	p = Part{Name: "sign-in", Summary: "Dataverse knows the application"}
	who, err := c.Function(ctx, "WhoAmI", nil)
	if err == nil {
		user, err = who.ID("UserId")
	}
	if err == nil {
		return p, user
	}
	p.Summary = "failed"
	const consequence = "Nothing of Dataverse can be read, and no callback can be placed."
	refused, answered := errors.AsType[*dataverse.Error](err)
	switch {
	case errors.Is(err, dataverse.ErrUnauthorized) && !answered:
		reason, remedy := refusal(err)
		p.find(broken("sign-in.refused", "AZURE_CLIENT_ID", reason, consequence, remedy))
	case errors.Is(err, dataverse.ErrUnauthorized):
		p.find(broken("sign-in.token", c.Organization(), "Dataverse does not accept the token: "+refused.Error(), consequence,
			"Check that DIRECTCALLBACK_DATAVERSE_URL is an organization of the tenant in AZURE_TENANT_ID."))
	case errors.Is(err, dataverse.ErrForbidden):
		p.find(broken("sign-in.nobody", c.Organization(), "the application signed in, and is not a user of the organization, or may do nothing there", consequence,
			"In the Power Platform admin center, under the environment's application users, add one for AZURE_CLIENT_ID, with the adapter's role."))
	default:
		p.find(broken("unreachable.dataverse", c.Organization(), "Dataverse does not answer: "+err.Error(), consequence,
			"Check DIRECTCALLBACK_DATAVERSE_URL, and that this machine reaches it and the sign-in page."))
	}
	return p, ""
}

// codePattern finds Entra's number of a refusal, which stays when its text changes.
var codePattern = regexp.MustCompile(`AADSTS[0-9]+`)

// refusal says why Entra gave no token, and what to do.
func refusal(err error) (reason, remedy string) {
	code := codePattern.FindString(err.Error())
	known := map[string][2]string{
		"AADSTS7000215": {"the client secret is wrong", "Set AZURE_CLIENT_SECRET to the value of a secret of the app registration; its id will not do."},
		"AADSTS7000222": {"the client secret has expired", "Create a new secret in the app registration and set AZURE_CLIENT_SECRET to its value."},
		"AADSTS700016":  {"the tenant has no such application", "Check AZURE_CLIENT_ID and AZURE_TENANT_ID against the app registration."},
		"AADSTS90002":   {"there is no such tenant", "Check AZURE_TENANT_ID against the app registration's directory."},
		"AADSTS700027":  {"the certificate does not belong to the application", "Upload the certificate to the app registration, or set AZURE_CLIENT_CERTIFICATE_PATH to one that is there."},
		"AADSTS500011":  {"the tenant has no such organization", "Check DIRECTCALLBACK_DATAVERSE_URL, and that it belongs to AZURE_TENANT_ID."},
	}[code]
	if known[0] == "" {
		return "Entra gave no token: " + err.Error(), "Check the AZURE_… variables against the app registration."
	}
	return "Entra gave no token: " + known[0] + " (" + code + ")", known[1]
}
