package main

import (
	"strings"
	"testing"

	"haat/gateway/console/consoletest"
)

const isLive = `document.getElementById("pulse")?.dataset.state === "live"`

// TestViewsAndExportInBrowser filters by clicking, saves the view, opens it again
// from another page, and takes what it shows as files.
func TestViewsAndExportInBrowser(t *testing.T) {
	h := serve(t, "")
	b := h.signedIn(t, consoletest.Desktop, "light")
	h.text("+254700100281", "niaje uko wapi")
	h.text("+254700100282", "RICE5 2")
	b.Until("what the villagers wrote is there", `document.body.innerText.includes("niaje uko wapi") && document.body.innerText.includes("RICE5 2")`)
	b.Choose(`select[name=mode]`, "sms")
	b.Until("it is filtered", `location.search.includes("mode=sms") && `+isLive)
	b.Choose(`select[name=since]`, "1h")
	b.Until("it is filtered by time", `location.search.includes("since=1h") && `+isLive)
	b.Click(".menu summary")
	b.Fill(".menu input[name=name]", "SMS of the hour")
	b.Accessible("the menu of views")
	b.Picture("views-menu-desktop")
	b.Click(".menu .save button")
	b.Until("it has its name", `document.querySelector(".menu .named")?.innerText === "SMS of the hour"`)

	b.Go(h.base + "/views")
	b.Accessible("views")
	b.Click(`.saved form[action="/views/home"] button`)
	b.Until("it is opened first", `document.querySelector(".saved .mark")`)
	b.Picture("views-desktop")
	b.Go(h.base + "/")
	b.Until("the console opens with it", `location.search.includes("mode=sms") && document.querySelectorAll("#lines .row").length > 1`)

	b.Until("it is quiet", `document.getElementById("lines").innerText.includes("RICE5 2")`)
	shown := b.Text(`[...document.querySelectorAll("#lines .row")].map((row) => row.dataset.seq).join()`)
	b.Text(`[...document.querySelectorAll("[data-export]")].forEach((link) => link.target = "_self")`) // the test has one tab
	b.Click(`[data-export][href*="as=csv"]`)
	b.Until("the file is there", `document.querySelector("#making.good") && !document.getElementById("again").hidden`)
	b.Accessible("export")
	b.Picture("export-desktop")
	if strings.Contains(b.Text("location.search"), "as=") {
		t.Error("loading the page again would export again")
	}
	file := b.Text(`(() => { const ask = new XMLHttpRequest(); ask.open("GET", document.querySelector('[data-as="csv"]').href, false); ask.send(); return ask.responseText; })()`)
	lines := strings.Split(strings.TrimSpace(file), "\r\n")
	rows := 0
	for seq := range strings.SplitSeq(shown, ",") {
		if strings.Contains(file, ","+seq+"\r\n") {
			rows++
		}
	}
	if rows < strings.Count(shown, ",")+1 || !strings.Contains(file, "niaje uko wapi") || strings.Contains(file, "254700100281") {
		t.Errorf("of the rows %s %d are in the file of %d lines:\n%s", shown, rows, len(lines), file)
	}
	b.Click(`[data-as="xlsx"]`)
	b.Until("the workbook is there", `document.querySelector("#making.good") && document.getElementById("again").download.endsWith(".xlsx")`)

	b.See(consoletest.Phone, "dark")
	for name, path := range map[string]string{"views-phone": "/views", "export-phone": "/export?since=1h", "keep-phone": "/?since=24h"} {
		b.Go(h.base + path)
		b.Accessible(name)
		b.Picture(name)
		if wide := b.Text(`document.getElementById("main").scrollWidth > innerWidth`); wide != "false" {
			t.Errorf("%s is wider than a phone", path)
		}
	}
	b.Go(h.base + "/views")
	b.Click(".saved summary")
	b.Click(".rename .remove")
	b.Until("it is gone", `!document.querySelector(".saved")`)
	b.Quiet()
}
