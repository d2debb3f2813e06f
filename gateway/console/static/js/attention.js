// Keys of what needs attention: r does the next step of the item that one is at,
// d drops it or says that it is dealt with.
"use strict";
(() => {
  if (document.body.dataset.page !== "attention") return;
  const items = () => [...document.querySelectorAll(".wait:not(.acted)")];
  const current = () => document.activeElement?.closest?.(".wait");
  const to = (item) => {
    const goal = item?.querySelector("a.open[href], button, a.button, summary");
    goal?.focus({ preventScroll: true });
    item?.scrollIntoView({ block: "nearest" });
  };
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.target.closest?.("input, select, textarea, dialog")) return;
    if (e.key !== "r" && e.key !== "d") return;
    const item = current();
    const act = item?.querySelector(`[data-key="${e.key}"]`);
    if (!act) return;
    e.preventDefault();
    act.click();
  });
  // After an act the next item is at hand, so that one can go on with the keys.
  let next = null;
  document.addEventListener("htmx:before:request", () => {
    const all = items(), item = current();
    next = item ? all[all.indexOf(item) + 1] ?? all[all.indexOf(item) - 1] : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    if (next?.isConnected && (document.activeElement === document.body || !document.activeElement)) to(next);
    next = null;
  });
})();
