package twilio

import (
	"context"
	"errors"
	"strings"

	"haat/gateway"
)

var _ gateway.Prepaid = (*Channel)(nil)

// notFound is Twilio's error code where there is no such thing. So it answers for
// the balance of an account that has none of its own: one below another.
const notFound = "20404"

// Balance asks Twilio what is left on the account.
func (c *Channel) Balance(ctx context.Context) (*gateway.Cost, error) {
	told, err := c.api(ctx).FetchBalance(nil) // of the account that asks
	var refusal *gateway.SendError
	switch {
	case errors.As(err, &refusal) && refusal.Code == notFound:
		return nil, nil
	case errors.As(err, &refusal):
		return nil, refusal
	case err != nil || told.AccountSid == nil:
		return nil, notOurs(errors.New("the answer is not the balance that the API promises"))
	case told.Balance == nil || *told.Balance == "":
		return nil, nil
	case told.Currency == nil:
		return nil, notOurs(errors.New("the balance has no currency"))
	}
	left, err := gateway.ParseBalance(*told.Balance, strings.ToUpper(*told.Currency))
	if err != nil {
		return nil, notOurs(err)
	}
	return &left, nil
}

// notOurs is an answer of somebody else than Twilio, or of a Twilio that has
// changed.
func notOurs(err error) error {
	return &gateway.SendError{Kind: gateway.Unavailable, Advice: "Check that api_url is the address of Twilio's API.", Err: err}
}
