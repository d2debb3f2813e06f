package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"haat/gateway"
)

// JSONType is the content type of JSON.
const JSONType = "application/json"

// JSON is the rule of carriers that post JSON.
func JSON() Rule {
	return Rule{Methods: []string{http.MethodPost}, Types: []string{JSONType}}
}

// Text is a JSON value that some carriers write as a string and others, or the
// same ones on another day, as a number or as true and false. It is empty where
// there is none.
type Text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '{', '[':
		return errors.New("an object or a list where one value belongs")
	case '"':
		return json.Unmarshal(data, (*string)(t))
	case 'n': // null
		*t = ""
	default:
		*t = Text(data)
	}
	return nil
}

// Bool reads true and false, also as "TRUE", 1 and the like. Where the value is
// neither, known is false.
func (t Text) Bool() (value, known bool) {
	value, err := strconv.ParseBool(strings.ToLower(string(t)))
	return value, err == nil
}

// Decode reads the body, a JSON object, into a struct. The names of fields may
// be written in any case. Where it returns false the request is answered.
func (c *Call) Decode(into any) bool {
	if err := json.Unmarshal(c.Body, into); err != nil {
		c.Refuse(http.StatusBadRequest, gateway.RefusedForm, "The body is not the JSON that this channel takes.")
		return false
	}
	return true
}

// Encode answers with JSON.
func (c *Call) Encode(status int, answer any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // a phone shows < and &
	_ = encoder.Encode(answer)   // a struct of strings, numbers and booleans
	c.Answer(status, JSONType, strings.TrimSuffix(body.String(), "\n"))
}
