// Plots say what is pointed at, and arrow keys walk along them. Without a script
// the browser shows the same as a tooltip, and the table has it all.
"use strict";
(() => {
  for (const figure of document.querySelectorAll("[data-plot]")) {
    const slots = [...figure.querySelectorAll(".slot")];
    const readout = figure.querySelector(".readout");
    let here = -1;
    const show = (i) => {
      slots[here]?.classList.remove("here");
      here = i;
      slots[here]?.classList.add("here");
      readout.textContent = slots[here]?.querySelector("title").textContent ?? "";
    };
    figure.addEventListener("pointerover", (e) => {
      const i = slots.indexOf(e.target.closest(".slot"));
      if (i >= 0) show(i);
    });
    figure.addEventListener("pointerleave", () => show(-1));
    figure.addEventListener("keydown", (e) => {
      const last = slots.length - 1;
      const to = { ArrowLeft: here < 0 ? last : Math.max(0, here - 1), ArrowRight: Math.min(last, here + 1), Home: 0, End: last, Escape: -1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      show(to);
    });
    figure.addEventListener("blur", () => show(-1));
  }
})();
