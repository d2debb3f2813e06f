package android

import (
	"regexp"
	"strings"

	"haat/gateway"
)

// The reasons of sms:failed are sentences for people. What is kept of them is
// Android's own word, or the status that the network's service centre gave
// (3GPP TS 23.040, 9.2.3.15), in decimal; the rest may hold a phone number.
var (
	androidWord   = regexp.MustCompile(`\bRESULT_[A-Z_]{1,60}\b`)
	centresStatus = regexp.MustCompile(`^Delivery result\b.*: (\d{1,3})$`)
)

// explain reads why an SMS failed. The app does not try again by itself.
func explain(reason string) (state gateway.State, code, words string) {
	if reason == "TTL expired" {
		return gateway.Expired, "ttl_expired", "It waited in the phone for too long: see that the phone is on and not held back by the app's limits."
	}
	if code := androidWord.FindString(reason); code != "" {
		return gateway.Failed, code, wordsOf(code)
	}
	if status := centresStatus.FindStringSubmatch(reason); status != nil {
		return gateway.Failed, "status_" + status[1], wordsOfStatus(status[1])
	}
	if strings.Contains(reason, "SIM") {
		return gateway.Failed, "no_sim", "The app does not find the SIM card: check sim, and the app's permission to read the phone's state."
	}
	return gateway.Failed, "failed", "The app's own log, under Messages, says why."
}

// wordsOf tells what an operator can do about one of Android's results, where
// there is something.
func wordsOf(result string) string {
	switch strings.TrimPrefix(result, "RESULT_") {
	case "ERROR_GENERIC_FAILURE", "RIL_GENERIC_ERROR", "RIL_SMS_SEND_FAIL_RETRY":
		return "The network did not take it: mostly the SIM card has no credit, or the phone no signal."
	case "ERROR_RADIO_OFF", "RADIO_NOT_AVAILABLE", "RIL_RADIO_NOT_AVAILABLE":
		return "The phone's radio is off: end the flight mode."
	case "ERROR_NO_SERVICE", "RIL_NETWORK_NOT_READY":
		return "The phone had no network: put it where it has signal."
	case "ERROR_LIMIT_EXCEEDED", "RIL_REQUEST_RATE_LIMITED":
		return "Android's limit of SMS is reached: send more slowly, or raise the limit in the phone."
	case "NO_DEFAULT_SMS_APP":
		return "The phone has no SIM card chosen for SMS: set sim, or choose one in the phone's settings."
	case "NETWORK_REJECT", "RIL_NETWORK_REJECT", "RIL_ACCESS_BARRED":
		return "The network rejects SMS of this SIM card: ask the operator whether it is blocked."
	case "INVALID_SMSC_ADDRESS", "RIL_INVALID_SMSC_ADDRESS":
		return "The SIM card's service centre number is wrong: set the operator's in the phone."
	case "RIL_SIM_ABSENT":
		return "There is no SIM card in the phone."
	}
	return ""
}

// wordsOfStatus tells what a service centre's status means, where an operator
// would want to know.
func wordsOfStatus(status string) string {
	switch status {
	case "65", "66", "67", "69":
		return "The network cannot reach this number; nothing to do."
	case "70":
		return "The phone was out of reach for as long as the network tries."
	case "71", "72":
		return "The network's service centre deleted it."
	case "96", "97", "98", "99", "100", "101":
		return "The phone or its network did not take it, and the network has given up."
	}
	return ""
}
