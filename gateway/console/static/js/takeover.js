// A conversation that operators take part in: what stands beside it follows the
// stream, and what is typed is measured by the server.
"use strict";
(() => {
  if (document.body.dataset.page !== "conversation") return;
  const byID = (id) => document.getElementById(id);
  const restFor = 150; // ms: rows that come together are one change
  const text = byID("text");

  // Where the phone stands, and who speaks with it.

  let due = 0;
  const refresh = async () => {
    const now = byID("now");
    if (!now || document.hidden) return;
    const answer = await fetch(now.dataset.side, { headers: { "X-Background": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const parts = document.createElement("template");
    parts.innerHTML = await answer.text();
    for (const part of [...parts.content.children]) {
      const old = byID(part.id);
      if (!old || old.contains(document.activeElement)) continue; // a button that somebody is about to press stays
      if (old.matches(":active")) { // or presses, which does not make it active everywhere
        soon();
        continue;
      }
      old.replaceWith(part);
      window.htmx?.process(part);
    }
  };
  const soon = () => {
    clearTimeout(due);
    due = setTimeout(refresh, restFor);
  };
  document.addEventListener("haat:rows", soon);
  document.addEventListener("visibilitychange", soon);
  document.addEventListener("htmx:after:swap", soon);

  // The countdown goes by the time that has passed here, whatever the clocks say.
  const two = (n) => String(n).padStart(2, "0");
  setInterval(() => {
    const clock = document.querySelector("#hold .clock");
    if (!clock) return;
    clock.ends ??= performance.now() + Number(clock.dataset.left) * 1000;
    const left = Math.max(0, Math.ceil((clock.ends - performance.now()) / 1000));
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
    clock.textContent = hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${minutes}:${two(left % 60)}`;
    if (!left) {
      document.activeElement?.closest?.("#hold") && document.activeElement.blur();
      soon();
    }
  }, 1000);

  // Writing.

  // What is scrolled to stands above the field, however high that is.
  const writing = byID("write"), list = byID("lines");
  if (writing) new ResizeObserver(() => {
    document.documentElement.style.setProperty("--writing", writing.offsetHeight + "px");
    if (!location.hash.startsWith("#m") && byID("pulse")?.dataset.state !== "paused") list.scrollIntoView({ block: "end" });
  }).observe(writing);

  const grow = () => {
    text.style.height = "auto";
    text.style.height = text.scrollHeight + 2 + "px";
  };
  if (!text) return;
  grow();
  text.addEventListener("input", grow);
  text.form.addEventListener("click", (e) => {
    const plain = e.target.closest?.("[data-plain]");
    if (!plain) return;
    e.preventDefault();
    text.value = plain.dataset.plain;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
  let sent = false;
  text.form.addEventListener("submit", (e) => {
    if (sent) e.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target === text) {
      e.preventDefault();
      text.form.requestSubmit(byID("send"));
      return;
    }
    if (e.key !== "r" || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.target.closest?.("input, select, textarea, dialog, [contenteditable]")) return;
    e.preventDefault();
    text.focus();
  });
  if (location.hash === "#write") {
    text.focus({ preventScroll: true });
    byID("lines")?.lastElementChild?.scrollIntoView({ block: "end" });
  }
})();
