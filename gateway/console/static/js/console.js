// The console's own script: the live stream, pausing, keys, and small helps.
// Everything that is shown was rendered by the server.
"use strict";
(() => {
  const most = 300; // rows of the live log; older ones are a click away
  const heldMost = 500; // rows kept while paused; with more the page begins anew
  const clickAfter = 100; // ms in which the click of a tap follows the finger
  const scrolled = 80; // pixels from where news appear, beyond which the page pauses
  const retryAfter = 5000; // ms
  const find = (selector, root = document) => root.querySelector(selector);
  const byID = (id) => document.getElementById(id);

  // Of pages' names that do not fit the one that is open is in view.
  find(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // The list, and how news come to it.

  const list = byID("lines");
  const newestFirst = list?.dataset.order === "newest";
  let source = null, last = "", retry = 0;
  let pausedBy = ""; // "hand", "scroll" or "press"; "" while live
  let held = [], count = 0; // what came while paused

  const rows = (root = list) => [...root.children].filter((each) => each.dataset.seq);

  const state = (name) => {
    const pulse = byID("pulse");
    if (!pulse || pulse.dataset.state === name) return;
    pulse.dataset.state = name;
    pulse.textContent = pulse.dataset[name];
  };

  const address = () => {
    const url = new URL(list.dataset.stream, location.href);
    if (last) url.searchParams.set("after", last);
    return url;
  };

  const open = () => {
    if (source || !list?.dataset.stream || document.hidden) return;
    clearTimeout(retry);
    source = new EventSource(address());
    source.onopen = () => state(pausedBy ? "paused" : "live");
    source.onerror = () => {
      state("lost");
      if (source?.readyState === EventSource.CLOSED) { // refused: the browser would not try again
        close();
        retry = setTimeout(again, retryAfter);
      }
    };
    source.addEventListener("rows", (e) => { last = e.lastEventId; arrive(e.data); });
    source.addEventListener("lag", (e) => { last = e.lastEventId; lag(JSON.parse(e.data)); });
    source.addEventListener("reload", () => { close(); location.reload(); });
  };

  // Who was signed out meanwhile is asked to sign in; others are connected again.
  const again = () => fetch("/counters").then((r) => r.status === 401 ? location.reload() : open(), open);

  const close = () => { source?.close(); source = null; };

  const lag = ({ messages, seconds }) => {
    const shown = byID("lag");
    if (!shown) return;
    shown.hidden = seconds < 2; // what is on its way is not behind
    shown.textContent = shown.dataset.text.replace("{n}", messages).replace("{s}", seconds);
  };

  const arrive = (html) => {
    const part = document.createElement("template");
    part.innerHTML = html;
    for (const row of rows(part.content)) if (byID(row.id)) row.remove();
    if (!part.content.firstElementChild) return;
    document.dispatchEvent(new Event("haat:rows"));
    if (!pausedBy) return put(part.content);
    count += rows(part.content).length;
    for (const gap of part.content.querySelectorAll('.gap [name="count"]')) count += Number(gap.value);
    held.push(part.content);
    announce();
  };

  const put = (content) => {
    byID("empty")?.remove();
    for (const row of rows(content)) {
      row.classList.add("new");
      if (row.dataset.ref) settle(row);
    }
    const added = [...content.children];
    if (newestFirst) list.prepend(content); else list.append(content);
    for (const each of added) sameDay(each);
    for (const each of added) if (window.htmx) htmx.process(each);
    if (newestFirst) trim(); else toEnd();
  };

  // A part of a conversation begins with its day, which may be that of what stands
  // before it.
  const sameDay = (row) => {
    const days = [...list.querySelectorAll(".day")], day = find(".day", row);
    if (day && days[days.indexOf(day) - 1]?.textContent === day.textContent) day.remove();
  };

  const mark = (sms, status) => find(".fate", sms)?.replaceChildren(...find(".fate", status).cloneNode(true).childNodes);

  // What became of an SMS is shown at the SMS, too.
  const settle = (row) => {
    const sms = byID("m" + row.dataset.ref);
    if (!sms) return;
    if (newestFirst) {
      mark(sms, row);
      return;
    }
    const fates = find(".fates", sms), text = find(".fates-lone", row);
    if (!fates || !text) return;
    mark(sms, row);
    const fate = document.createElement("li");
    fate.id = row.id;
    fate.append(...text.childNodes);
    fates.append(fate);
    fates.hidden = false;
    row.remove();
  };

  const trim = () => {
    const all = rows();
    if (all.length <= most) return;
    for (let i = most; i < all.length; i++) all[i].remove();
    const more = list.lastElementChild;
    for (const gap of list.querySelectorAll(".gap")) if (gap.nextElementSibling === more) gap.remove();
    find('[name="before"]', more).value = rows()[most - 1].dataset.seq;
    more.hidden = false;
  };

  // Pausing.

  const announce = () => {
    const news = byID("news");
    if (!news) return;
    news.hidden = !count;
    news.textContent = news.dataset.text.replace("{n}", count);
  };

  const pause = (by) => {
    if (pausedBy || !list?.dataset.stream) return;
    pausedBy = by;
    state("paused");
    button();
    if (by === "hand") byID("spoken").textContent = byID("pulse").dataset.paused;
  };

  const resume = () => {
    if (!pausedBy) return;
    const pressed = pausedBy === "press";
    pausedBy = "";
    if (held.reduce((n, part) => n + part.childElementCount, 0) > heldMost) return location.reload();
    for (const part of held) {
      for (const row of rows(part)) if (byID(row.id)) row.remove();
      put(part);
    }
    held = [];
    count = 0;
    announce();
    state(source ? "live" : "lost");
    button();
    if (!pressed) byID("spoken").textContent = byID("pulse").dataset.live;
  };

  const button = () => {
    const b = byID("pause");
    if (b) b.textContent = pausedBy ? b.dataset.resume : b.dataset.pause;
  };

  const away = () => newestFirst ? scrollY : list ? list.getBoundingClientRect().bottom - innerHeight : 0;

  const toEnd = () => newestFirst ? scrollTo({ top: 0 }) : list.scrollIntoView({ block: "end" });

  const toNews = () => {
    resume();
    toEnd();
  };

  addEventListener("scroll", () => {
    if (away() > scrolled) pause("scroll");
    else if (pausedBy === "scroll") resume();
  }, { passive: true });
  // What is pressed must not move away under the finger.
  list?.addEventListener("pointerdown", () => pause("press"));
  const release = () => {
    if (pausedBy !== "press") return;
    if (away() > scrolled) pausedBy = "scroll"; // the finger moved the page
    else resume();
  };
  for (const up of ["pointerup", "pointercancel"]) addEventListener(up, () => setTimeout(release, clickAfter));
  byID("pause")?.addEventListener("click", () => pausedBy ? toNews() : pause("hand"));
  byID("news")?.addEventListener("click", toNews);

  // A page that nobody looks at needs no stream: browsers allow few to a server.
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);

  // Keys.

  const move = (step) => {
    const links = [...(list?.querySelectorAll("a.open[href], .item pre, .item .text, .fates-lone") ?? [])];
    if (!links.length) return;
    const now = links.indexOf(document.activeElement);
    const next = links[now < 0 ? (newestFirst ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, now + step))];
    next.tabIndex = next.href ? 0 : -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const keys = {
    "/": () => { const search = byID("search"); if (!search) return location.assign("/"); search.focus(); search.select(); },
    j: () => move(1),
    k: () => move(-1),
    p: () => byID("pause") ? byID("pause").click() : pausedBy ? toNews() : pause("hand"),
    "?": () => byID("help")?.showModal(),
  };

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === "Escape") {
      document.activeElement?.blur();
      find("details.me[open]")?.removeAttribute("open");
      return;
    }
    if (e.target.closest?.("input, select, textarea, dialog, [contenteditable]") || !keys[e.key]) return;
    e.preventDefault();
    keys[e.key]();
  });
  find("[data-help]")?.addEventListener("click", () => byID("help").showModal());

  // Small helps.

  list?.addEventListener("click", (e) => {
    if (e.target.closest("a, button, form") || String(getSelection())) return;
    find("a.open[href]", e.target.closest(".row") ?? document.createElement("i"))?.click();
  });
  for (const form of document.querySelectorAll("form.auto")) {
    form.addEventListener("change", (e) => { if (e.target.matches("select, [type=checkbox]")) form.requestSubmit(); });
  }
  // A phone's screen is for the rows: what is set stands above them in chips.
  if (matchMedia("(max-width: 639px)").matches) find("details.rest")?.removeAttribute("open");
  find("[data-back]")?.addEventListener("click", (e) => {
    if (document.referrer && new URL(document.referrer).pathname === "/") { e.preventDefault(); history.back(); }
  });
  addEventListener("click", (e) => {
    const me = find("details.me[open]");
    if (me && !me.contains(e.target)) me.removeAttribute("open");
  });

  // A number that was shown is hidden again.
  let hide = 0;
  const masked = byID("number")?.textContent;
  document.addEventListener("htmx:after:swap", () => {
    const bare = find("[data-hide]");
    if (!bare) return;
    clearTimeout(hide);
    hide = setTimeout(() => { byID("number").textContent = masked; }, Number(bare.dataset.hide));
  });
  addEventListener("pagehide", () => { if (masked) byID("number").textContent = masked; });

  if (list && !newestFirst && !location.hash) toEnd();
  if (away() > scrolled && list) pause("scroll");
  open();
})();
