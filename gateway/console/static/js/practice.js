// The phone on the page: its keys, its two faces, and the SMS that come. Without
// this script its fields and the green and red keys do.
"use strict";
(() => {
  const phone = document.getElementById("handset");
  if (!phone) return;
  const byID = (id) => document.getElementById(id);
  const tapFor = 900; // ms in which the same key goes on to its next letter
  const retryAfter = 5000; // ms
  const screen = byID("screen"), texts = byID("texts"), typed = byID("typed"), text = byID("text");
  const cases = ["abc", "ABC", "123"];
  let seen = Number(texts.dataset.came), tap = null, busy = false;

  const calling = () => phone.dataset.face === "call";
  const field = () => calling() ? typed : text;

  const turn = (face) => {
    phone.dataset.face = face;
    byID("swap").firstElementChild.textContent = byID("swap").dataset[calling() ? "texts" : "call"];
    if (!calling()) read();
    if (!matchMedia("(pointer: coarse)").matches) field().focus({ preventScroll: true });
  };

  const read = () => {
    seen = Number(texts.dataset.came);
    byID("unread").hidden = true;
    texts.scrollTop = texts.scrollHeight;
  };

  // What the server says replaces what the phone shows.
  const put = (html) => {
    const part = document.createElement("template");
    part.innerHTML = html;
    for (const each of part.content.children) {
      const at = byID(each.dataset.part);
      if (!at) continue;
      if (at === texts) {
        const came = Number(each.dataset.came) > Number(texts.dataset.came) || Number(each.dataset.after) > Number(texts.dataset.after);
        texts.dataset.after = each.dataset.after;
        texts.dataset.came = each.dataset.came;
        texts.replaceChildren(...each.childNodes);
        if (came) arrive();
        texts.scrollTop = texts.scrollHeight;
      } else {
        at.replaceChildren(...each.childNodes);
        at.scrollTop = 0;
        typed.placeholder = typed.dataset[each.dataset.open ? "answer" : "code"];
      }
    }
  };

  const arrive = () => {
    const last = [...texts.querySelectorAll(".came p")].pop();
    byID("heard").textContent = byID("heard").dataset.came + " " + (last?.textContent ?? "");
    phone.classList.remove("rings");
    void phone.offsetWidth; // lets it ring again
    phone.classList.add("rings");
    if (!calling()) return read();
    byID("unread").textContent = Math.max(1, Number(texts.dataset.came) - seen);
    byID("unread").hidden = false;
  };

  const post = async (form) => {
    if (busy) return;
    busy = true;
    tap = null;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "HX-Request": "true" } });
      if (!answer.ok) return location.reload(); // it says what is wrong, or asks to sign in
      put(await answer.text());
      if (form.id !== "write" || !screen.querySelector(".wrong")) form.reset();
      else turn("call");
    } catch {
      location.reload();
    } finally {
      busy = false;
    }
  };

  for (const form of phone.querySelectorAll("form")) {
    form.addEventListener("submit", (e) => { e.preventDefault(); post(form); });
  }
  byID("green").addEventListener("click", (e) => {
    if (calling()) return;
    e.preventDefault();
    byID("write").requestSubmit();
  });
  text.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    byID("write").requestSubmit();
  });

  // The keypad: digits for the network, letters for texts by pressing again.
  const insert = (what, instead = 0) => {
    const at = field();
    const end = at.selectionEnd ?? at.value.length;
    if (at.value.length - instead + what.length > at.maxLength) return;
    at.setRangeText(what, end - instead, end, "end");
  };

  const press = (key, letters) => {
    if (calling()) return insert(key);
    const mode = byID("case").textContent;
    if (key === "#") {
      byID("case").textContent = cases[(cases.indexOf(mode) + 1) % cases.length];
      tap = null;
      return;
    }
    const ring = mode === "123" ? key : ((mode === "ABC" ? letters.toUpperCase() : letters) + key).replace("␣", " ");
    const goes = tap?.key === key && Date.now() - tap.at < tapFor && ring.length > 1;
    const n = goes ? (tap.n + 1) % ring.length : 0;
    insert(ring[n], goes ? 1 : 0);
    tap = { key, n, at: Date.now() };
  };

  phone.querySelector(".pad").addEventListener("click", (e) => {
    const key = e.target.closest("[data-key]");
    if (key) press(key.dataset.key, key.dataset.letters);
  });
  byID("erase").addEventListener("click", () => {
    tap = null;
    const at = field(), end = at.selectionEnd ?? at.value.length;
    const last = [...at.value.slice(0, end)].pop();
    if (last) at.setRangeText("", end - last.length, end, "end");
  });
  byID("swap").addEventListener("click", () => turn(calling() ? "texts" : "call"));

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || document.querySelector("dialog[open], details[open]")) return;
    if (e.key === "Escape") return byID("end").requestSubmit();
    if (e.target.closest?.("input, select, textarea")) return;
    const key = phone.querySelector(`[data-key="${CSS.escape(e.key)}"]`);
    if (key) {
      key.click();
      key.classList.add("down");
      setTimeout(() => key.classList.remove("down"), 120);
    } else if (e.key === "Backspace") byID("erase").click();
    else if (e.key === "Enter" && !e.target.closest?.("button, a, summary")) byID("green").click();
  });

  // News come while somebody looks.
  let waiting = null;
  const wait = async () => {
    while (!document.hidden && !waiting) {
      waiting = new AbortController();
      let pause = 0;
      try {
        const answer = await fetch("/practice/inbox?after=" + texts.dataset.after, { signal: waiting.signal, headers: { "HX-Request": "true", "X-Background": "1" } });
        if (answer.status === 200) put(await answer.text());
        else if (answer.status !== 204) pause = retryAfter;
      } catch (e) {
        if (e.name === "AbortError") return;
        pause = retryAfter;
      }
      waiting = null;
      if (pause) await new Promise((go) => setTimeout(go, pause));
    }
  };
  const leave = () => { waiting?.abort(); waiting = null; };
  document.addEventListener("visibilitychange", () => document.hidden ? leave() : wait());
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (e) => { if (e.persisted) wait(); });

  turn("call");
  wait();
})();
