// Keys: "/" searches, "?" explains, "t" shows exact times, "g" and a letter goes to a place of the navigation. They can be switched off in the
// explanation, because a single key may collide with speech input or a screen reader.
(() => {
  "use strict";
  const dialog = document.getElementById("shortcuts");
  const choice = dialog && dialog.querySelector("[data-shortcuts-on]");
  if (!choice) return;
  let waiting = 0;

  choice.checked = localStorage.getItem("mci_shortcuts") !== "off";
  choice.addEventListener("change", () => localStorage.setItem("mci_shortcuts", choice.checked ? "on" : "off"));

  const typing = (element) => element.isContentEditable || element.matches("input, textarea, select");

  function search(event) {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  }

  function exactTimes() {
    const button = document.querySelector("[data-times-toggle]");
    if (button && button.offsetParent) button.click(); // hidden where it would change nothing
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !choice.checked) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (Date.now() < waiting) {
      waiting = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) location.assign(link.href);
      return;
    }
    if (event.key === "/") search(event);
    else if (event.key === "?") dialog.showModal();
    else if (event.key === "t") exactTimes();
    else if (event.key === "g") waiting = Date.now() + 1500;
  });
})();
