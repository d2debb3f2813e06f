package console_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"haat/gateway/console"
	"haat/gateway/console/account"
	"haat/gateway/console/consoletest"
	"haat/gateway/console/index"
	"haat/gateway/dialogue"
)

// shown opens a console with a busy market in a browser.
func shown(t *testing.T, as account.Role) (*rig, *consoletest.Browser) {
	t.Helper()
	r := newRig(t, func(c *console.Config) { c.Demo, c.PushEvery = true, 50*time.Millisecond })
	r.gate.Always = string(as)
	r.index.Add(consoletest.Market(at)...)
	return r, consoletest.Open(t)
}

func (r *rig) words(in string) index.Row {
	return consoletest.Turn(at, "+254700000042", dialogue.SMS, dialogue.ClassScreen, in, "Karibu")
}

const live = `document.getElementById("pulse").dataset.state === "live"`

func rowsAre(n int) string {
	return fmt.Sprintf(`document.querySelectorAll("#lines > .row").length === %d`, n)
}

// TestPagesInBrowser looks at every page at every size, in both themes.
func TestPagesInBrowser(t *testing.T) {
	r, b := shown(t, account.Admin)
	for i := range 12 {
		_ = r.gate.Record(t.Context(), account.Act{At: at.Add(-time.Duration(i) * time.Hour), By: "amani", What: console.ActReveal, About: "•••0" + strconv.Itoa(10+i)})
	}
	amina, nobody := r.tokenOf("+254700000001"), r.tokenOf("+19999999999")
	pages := []struct{ name, path string }{
		{"log", "/"}, {"filtered", "/?class=unknown&since=24h&lang=sw"}, {"nothing", "/?q=zanzibar&mode=ussd"}, {"conversation", "/phone/" + amina},
		{"sms", "/phone/" + r.tokenOf("+254700000042")}, {"new-phone", "/phone/" + nobody}, {"audit", "/audit"}, {"problem", "/?mode=fax"},
	}
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Tablet, consoletest.Phone} {
		for _, theme := range []string{"light", "dark"} {
			b.See(size, theme)
			for _, page := range pages {
				name := page.name + "-" + size.Name + "-" + theme
				b.Go(r.server.URL + page.path)
				if page.name != "audit" && page.name != "problem" {
					b.Until("the page is live", live)
				}
				b.Accessible(name)
				b.Picture(name)
				if wide := b.Text("document.documentElement.scrollWidth > document.documentElement.clientWidth"); wide != "false" {
					t.Errorf("%s: the page is wider than the screen", name)
				}
				if page.name == "problem" {
					b.Forget() // a page that is not there is told to the console
				}
				b.Quiet()
			}
		}
	}
}

func TestHelpInBrowser(t *testing.T) {
	r, b := shown(t, account.Viewer)
	for _, theme := range []string{"light", "dark"} {
		b.See(consoletest.Desktop, theme)
		b.Go(r.server.URL + "/")
		b.Until("the page is live", live)
		b.Press("?")
		b.Until("the keys are shown", `document.getElementById("help").open`)
		b.Accessible("help " + theme)
		b.Picture("help-" + theme)
		b.Press(kb.Escape)
		b.Until("they are hidden again", `!document.getElementById("help").open`)
	}
	b.Quiet()
}

func TestLiveRowsInBrowser(t *testing.T) {
	r, b := shown(t, account.Viewer)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/")
	b.Until("the page is live", live)
	r.index.Add(r.words("first <b>new</b>"))
	b.Until("it appears at the top, as it was written", `document.querySelector("#lines > .row .in bdi").textContent === "first <b>new</b>"`)

	t.Run("paused by hand", func(t *testing.T) {
		b.Click("#pause")
		for i := range 37 {
			r.index.Add(r.words(fmt.Sprint("while paused ", i)))
		}
		b.Until("the news are counted", `document.getElementById("news").textContent === "37 new"`)
		if got := b.Text(`document.querySelector("#lines > .row .in bdi").textContent`); got != "first <b>new</b>" {
			t.Errorf("the page moved: %s", got)
		}
		b.Click("#news")
		b.Until("the news are there", `document.querySelector("#lines > .row .in bdi").textContent === "while paused 36"`)
		b.Until("and no longer counted", `document.getElementById("news").hidden`)
	})
	t.Run("paused by scrolling", func(t *testing.T) {
		b.Text(`scrollTo(0, 600)`)
		b.Until("it pauses", `document.getElementById("pulse").dataset.state === "paused"`)
		r.index.Add(r.words("while scrolled"))
		b.Until("the news are counted", `document.getElementById("news").textContent === "1 new"`)
		b.Picture("paused")
		b.Text(`scrollTo(0, 0)`)
		b.Until("the news are there", `document.querySelector("#lines > .row .in bdi").textContent === "while scrolled"`)
	})
	t.Run("a status is shown at its SMS", func(t *testing.T) {
		r.index.Add(consoletest.Notice(at, "+254700000042", "your order is ready"))
		b.Until("the notice is there", `document.querySelector("#lines > .row .out bdi")?.textContent === "your order is ready"`)
		seq := b.Text(`document.querySelector("#lines > .row").dataset.seq`)
		r.index.Add(consoletest.Status(at, "+254700000042", seq, "delivered", ""))
		b.Until("its mark says so", fmt.Sprintf(`document.querySelector("#m%s .fate").textContent === "delivered"`, seq))
	})
	b.Quiet()
}

// TestFloodInBrowser sends a thousand rows a second for some seconds.
func TestFloodInBrowser(t *testing.T) {
	r, b := shown(t, account.Viewer)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/")
	b.Until("the page is live", live)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	const rows = 4000
	for sent := 0; sent < rows; sent += 50 {
		<-tick.C
		batch := make([]index.Row, 50)
		for i := range batch {
			batch[i] = r.words(fmt.Sprint("flood ", sent+i))
		}
		r.index.Add(batch...)
	}
	b.Until("the last is there", fmt.Sprintf(`document.querySelector("#lines > .row .in bdi").textContent === "flood %d"`, rows-1))
	if n, _ := strconv.Atoi(b.Text(`document.querySelectorAll("#lines > li").length`)); n > 700 {
		t.Errorf("the page has %d lines", n)
	}
	b.Picture("flood")
	b.Text(`scrollTo(0, document.documentElement.scrollHeight)`)
	last := b.Text(`[...document.querySelectorAll("#lines > .row")].pop().dataset.seq`)
	b.Click("#lines > .more:last-child button")
	b.Until("what was trimmed comes back without a gap", fmt.Sprintf(`document.querySelector("#m%s ~ .row")?.dataset.seq == %s - 1`, last, last))
	b.Quiet()
}

func TestFiltersInBrowser(t *testing.T) {
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		t.Run(size.Name, func(t *testing.T) {
			r, b := shown(t, account.Viewer)
			all := len(consoletest.Market(at))
			b.See(size, "light")
			b.Go(r.server.URL + "/")
			b.Choose(`select[name="class"]`, "unknown")
			b.Until("only what was not understood", rowsAre(1)+` && location.search === "?class=unknown"`)
			b.Choose(`select[name="channel"]`, "kenya")
			b.Until("both count", rowsAre(0)+` && location.search === "?channel=kenya&class=unknown"`)
			b.Click(".chips .chip") // the channel's
			b.Until("one less", rowsAre(1))
			b.Text(`setTimeout(() => history.back())`)
			b.Until("back", rowsAre(0))
			b.Text(`setTimeout(() => history.back())`)
			b.Until("back again", rowsAre(1))
			b.Go(r.server.URL + "/")
			if size.Phone { // there all but the words is shown on demand
				b.Click(".rest summary")
			}
			b.Fill(`input[name="number"]`, "0700000042\r")
			b.Until("one phone's", rowsAre(3)+` && location.search.startsWith("?phone=") && !location.search.includes("700000042")`)
			b.Fill(`#search`, "sabuni\r")
			b.Until("and words", rowsAre(2)+` && location.search.includes("q=sabuni")`)
			b.Go(r.server.URL + "/")
			b.Click(`.counter.warn`)
			b.Until("a counter leads to its rows", rowsAre(1)+` && location.search.includes("class=unknown")`)
			b.Click(`.chips > a:last-child`)
			b.Until("all again", rowsAre(all))
			b.Quiet()
		})
	}
}

func TestKeysInBrowser(t *testing.T) {
	r, b := shown(t, account.Viewer)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/")
	b.Until("the page is live", live)
	at := `document.activeElement.closest(".row")?.dataset.seq`
	b.Press("j")
	b.Until("on the newest", at+" === '23'")
	b.Press("j")
	b.Until("on the next", at+" === '22'")
	b.Press("k")
	b.Until("back", at+" === '23'")
	b.Press("/")
	b.Until("in the search", `document.activeElement.id === "search"`)
	b.Press("jp?")
	if got := b.Text(`document.getElementById("search").value + document.getElementById("help").open`); got != "jp?false" {
		t.Errorf("keys typed into a field: %s", got)
	}
	b.Press(kb.Escape)
	b.Until("out of the search", `document.activeElement === document.body`)
	b.Press("p")
	b.Until("paused", `document.getElementById("pulse").dataset.state === "paused"`)
	b.Press("p")
	b.Until("live again", live)
	b.Press("j")
	b.Press(kb.Enter)
	b.Until("the conversation", `location.pathname.startsWith("/phone/") && document.querySelector("#m23")`)
	b.Quiet()
}

func TestConversationInBrowser(t *testing.T) {
	for _, size := range []consoletest.Size{consoletest.Desktop, consoletest.Phone} {
		t.Run(size.Name, func(t *testing.T) {
			r, b := shown(t, account.Agent)
			for i := range 150 {
				r.index.Add(consoletest.Turn(at, "+254700000001", dialogue.USSD, dialogue.ClassScreen, strconv.Itoa(i), fmt.Sprint("Screen ", i)))
			}
			b.See(size, "dark")
			b.Go(r.server.URL + "/phone/" + r.tokenOf("+254700000001"))
			b.Until("the page is live", live)
			b.Until("the newest is to be seen", `document.querySelector("#lines > li:last-child").getBoundingClientRect().top < innerHeight`)
			r.index.Add(consoletest.Notice(at, "+254700000001", "your order is ready"))
			b.Until("a notice comes", `document.querySelector("#lines > li:last-child .told .text")?.textContent === "your order is ready"`)
			seq := b.Text(`document.querySelector("#lines > li:last-child").dataset.seq`)
			r.index.Add(consoletest.Status(at, "+254700000001", seq, "sent", ""), consoletest.Status(at, "+254700000001", seq, "failed", "The phone is switched off for a week."))
			b.Until("its statuses are under it", fmt.Sprintf(`document.querySelectorAll("#m%s .fates > li").length === 2`, seq))
			b.Picture("conversation-live-" + size.Name)
			b.Text(`scrollTo(0, 0)`)
			b.Click("#lines > .more button")
			b.Until("what was said before is there", `document.querySelectorAll("#lines > .item").length > 150`)

			b.Click(`form[action$="/reveal"] button`)
			b.Until("the number is shown", `document.getElementById("number").textContent === "+254700000001"`)
			b.Picture("revealed-" + size.Name)
			if acts, _ := r.gate.Acts(t.Context(), at.Add(1), 10); len(acts) != 1 {
				t.Errorf("recorded %+v", acts)
			}
			b.Text(`dispatchEvent(new Event("pagehide"))`)
			b.Until("it is hidden when the page is left", `document.getElementById("number").textContent === "•••001"`)
			b.Quiet()
		})
	}
}

func TestSettingsInBrowser(t *testing.T) {
	r, b := shown(t, account.Admin)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/?class=unknown")
	for _, language := range []struct{ code, says string }{{"zh", "消息"}, {"sw", "Ujumbe"}} {
		b.Choose(`select[name="language"]`, language.code)
		b.Until("it speaks "+language.code, fmt.Sprintf(`document.documentElement.lang === %q && document.title.includes(%q) && location.search === "?class=unknown"`, language.code, language.says))
		b.Until("the page is live", live)
		b.Accessible(language.code)
		b.Picture("language-" + language.code)
	}
	b.Click(`button[name="theme"]`) // automatic, then light, then dark
	b.Until("light", `document.documentElement.dataset.theme === "light"`)
	b.Click(`button[name="theme"]`)
	b.Until("dark", `getComputedStyle(document.body).backgroundColor === "rgb(16, 20, 18)"`)
	b.Quiet()
}

func TestStreamComesBackInBrowser(t *testing.T) {
	r, b := shown(t, account.Viewer)
	b.See(consoletest.Desktop, "light")
	b.Go(r.server.URL + "/")
	b.Until("the page is live", live)
	r.server.CloseClientConnections()
	r.index.Add(r.words("while away"))
	b.Until("what came meanwhile is there", `document.querySelector("#lines > .row .in bdi").textContent === "while away"`)
	b.Until("the page is live", live)
}
