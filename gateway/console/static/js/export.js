// An export is fetched here, so that the page can show how far it is, and that
// half a file is kept by nobody. Without this script the links download it.
"use strict";
(() => {
  const page = document.getElementById("export");
  if (!page) return;
  const every = 400; // ms between two questions for how far it is
  const byID = (id) => document.getElementById(id);
  const box = byID("making"), bar = byID("bar"), told = byID("told"), cancel = byID("cancel"), again = byID("again");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const fill = (text, n, of) => text.replace("{n}", number.format(n)).replace("{of}", number.format(of));
  let running = null;

  const show = ({ rows, of, exact }) => {
    if (of) {
      bar.max = of;
      bar.value = rows;
    }
    // A guess is not worth more than its first two digits.
    const digits = 10 ** Math.max(0, String(of).length - 2);
    told.textContent = !of ? fill(box.dataset.done, rows) : exact ? fill(box.dataset.of, rows, of) : fill(box.dataset.about, rows, Math.max(rows, Math.round(of / digits) * digits));
  };

  const ask = async (id, signal) => {
    const answer = await fetch("/export/progress?id=" + id, { signal, headers: { "X-Background": "1" } });
    if (answer.status === 200 && running?.id === id) show(await answer.json());
  };

  const ended = (how, text) => {
    clearInterval(running.timer);
    running = null;
    box.className = "card making " + how;
    bar.hidden = how !== "good";
    bar.max = bar.value = 1;
    told.textContent = text;
    cancel.hidden = true;
  };

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    again.href = link.href;
    again.download = name;
    again.hidden = false;
  };

  const make = async (link) => {
    if (running) return;
    const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    const stop = new AbortController();
    running = { id, stop, timer: setInterval(() => ask(id, stop.signal).catch(() => {}), every) };
    box.className = "card making";
    box.hidden = cancel.hidden = bar.hidden = false;
    again.hidden = true;
    if (again.href) URL.revokeObjectURL(again.href);
    bar.removeAttribute("value");
    told.textContent = box.dataset.reading;
    try {
      const url = new URL(link.href);
      url.searchParams.set("id", id);
      const answer = await fetch(url, { signal: stop.signal });
      if (!answer.ok) return ended("bad", answer.status === 503 ? box.dataset.busy : box.dataset.failed);
      const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? "haat." + link.dataset.as;
      const blob = await answer.blob();
      save(blob, name);
      ended("good", box.dataset.made.replace("{file}", name));
    } catch (e) {
      ended(e.name === "AbortError" ? "" : "bad", e.name === "AbortError" ? box.dataset.canceled : box.dataset.failed);
    }
  };

  for (const link of page.querySelectorAll("[data-as]")) link.addEventListener("click", (e) => { e.preventDefault(); make(link); });
  cancel.addEventListener("click", () => running?.stop.abort());
  addEventListener("pagehide", () => running?.stop.abort());
  if (page.dataset.start) {
    // Loading the page again shall not make another one.
    const url = new URL(location.href);
    url.searchParams.delete("as");
    history.replaceState(null, "", url);
    make(page.querySelector(`[data-as="${page.dataset.start}"]`));
  }
})();
