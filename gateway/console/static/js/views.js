// Menus close when one goes on elsewhere.
"use strict";
(() => {
  const open = () => document.querySelector("details.menu[open]");
  addEventListener("click", (e) => { const menu = open(); if (menu && !menu.contains(e.target)) menu.open = false; });
  addEventListener("keydown", (e) => {
    const menu = e.key === "Escape" && open();
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
