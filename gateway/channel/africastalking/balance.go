package africastalking

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"haat/gateway"
	"haat/gateway/channel/web"
)

var _ gateway.Prepaid = (*Channel)(nil)

// account is the part of the API's answer about an application that tells what
// is left: "KES 1785.5000".
type account struct {
	Data *struct {
		Balance string `json:"balance"`
	} `json:"UserData"`
}

// Balance asks Africa's Talking what is left on the account. Its sandbox has no
// money.
func (c *Channel) Balance(ctx context.Context) (*gateway.Cost, error) {
	if c.cfg.Username == "sandbox" {
		return nil, nil
	}
	query := url.Values{"username": {c.cfg.Username}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.APIURL+"/version1/user?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("apikey", c.cfg.APIKey)
	answer, err := web.Do(c.client, req)
	if err != nil {
		return nil, err
	}
	if refusal := answer.Refused("the channel's username and api_key"); refusal != nil {
		return nil, refusal
	}
	return readBalance(answer.Body)
}

func readBalance(body []byte) (*gateway.Cost, error) {
	var told account
	if err := json.Unmarshal(body, &told); err != nil || told.Data == nil {
		return nil, unclear(errors.New("the answer is not the account that the API promises"))
	}
	if told.Data.Balance == "" || told.Data.Balance == "None" { // as it writes what is not there
		return nil, nil
	}
	currency, amount, _ := strings.Cut(told.Data.Balance, " ")
	left, err := gateway.ParseBalance(amount, currency)
	if err != nil {
		return nil, unclear(err)
	}
	return &left, nil
}
