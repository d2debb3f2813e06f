package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"haat/gateway/console/account"
	"haat/gateway/console/alert"
)

// silences are for how many hours a rule can be silenced at once.
var silences = []string{"1", "8", "24", "168"}

// setAlertRule changes a rule.
func (c *Console) setAlertRule(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	rule, err := c.readRule(r.PostForm)
	if err == nil {
		err = rule.Check(c.Now())
	}
	if err != nil {
		c.problem(w, r, http.StatusBadRequest, "problem.rule")
		return
	}
	operator, _ := c.Gate.Of(r)
	detail := fmt.Sprintf("on=%t limit=%g window=%s hours=%s-%s", rule.On, rule.Limit, rule.Window, clockOf(rule.From), clockOf(rule.Until))
	if rule.Silent.After(c.Now()) {
		detail += " silent until " + rule.Silent.UTC().Format(time.RFC3339)
	}
	act := account.Act{At: c.Now(), By: operator.Name, What: ActAlertRule, About: string(rule.Kind), Detail: detail}
	if err := c.Gate.Record(r.Context(), act); err != nil {
		c.fail(w, r, err)
		return
	}
	if err := c.Alerts.SetRule(r.Context(), rule); err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/alerts?said=kept#rule-"+string(rule.Kind), http.StatusSeeOther)
}

// readRule reads the form over the rule as it is.
func (c *Console) readRule(form url.Values) (rule alert.Rule, err error) {
	err = alert.ErrKind
	for _, each := range c.Alerts.Rules() {
		if string(each.Kind) == form.Get("kind") {
			rule, err = each, nil
		}
	}
	if err != nil {
		return rule, err
	}
	var errs []error
	rule.On = form.Get("on") != ""
	if rule.Kind.HasLimit() {
		limit, err := strconv.ParseFloat(form.Get("limit"), 64)
		if rule.Limit = limit; rule.Kind.IsShare() {
			rule.Limit = limit / 100
		}
		errs = append(errs, err)
	}
	if rule.Kind.HasWindow() {
		minutes, err := strconv.ParseUint(form.Get("window"), 10, 16)
		rule.Window = time.Duration(minutes) * time.Minute
		errs = append(errs, err)
	}
	if rule.Kind == alert.Silence {
		for field, minute := range map[string]*int{"from": &rule.From, "until": &rule.Until} {
			clock, err := time.Parse("15:04", form.Get(field))
			*minute = clock.Hour()*60 + clock.Minute()
			errs = append(errs, err)
		}
	}
	switch hours := form.Get("silent"); hours {
	case "": // as it is
	default:
		n, err := strconv.ParseUint(hours, 10, 16)
		rule.Silent = time.Time{}
		if n > 0 {
			rule.Silent = c.Now().Add(time.Duration(n) * time.Hour)
		}
		errs = append(errs, err)
	}
	return rule, errors.Join(errs...)
}

// alertSeen notes that an operator has seen an alert.
func (c *Console) alertSeen(w http.ResponseWriter, r *http.Request) {
	id, err := sequence(r.FormValue("id"))
	if err != nil || id == 0 {
		c.problem(w, r, http.StatusBadRequest, "problem.form")
		return
	}
	operator, _ := c.Gate.Of(r)
	if err := c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: operator.Name, What: ActAlertSeen, About: strconv.FormatUint(id, 10)}); err != nil {
		c.fail(w, r, err)
		return
	}
	said := "seen"
	if err := c.Alerts.Acknowledge(r.Context(), int64(id), operator.Name); errors.Is(err, alert.ErrOver) {
		said = "over"
	} else if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/alerts?said="+said, http.StatusSeeOther)
}

// testAlerts tells everybody who is told of alerts that this is a test.
func (c *Console) testAlerts(w http.ResponseWriter, r *http.Request) {
	operator, _ := c.Gate.Of(r)
	if err := c.Gate.Record(r.Context(), account.Act{At: c.Now(), By: operator.Name, What: ActAlertTest}); err != nil {
		c.fail(w, r, err)
		return
	}
	said := "tested"
	if err := c.Alerts.Test(r.Context()); errors.Is(err, alert.ErrNobody) {
		said = "nobody"
	} else if err != nil {
		c.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/alerts?said="+said+"#told", http.StatusSeeOther)
}
