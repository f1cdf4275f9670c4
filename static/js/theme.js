// Sets what is remembered about this reader before anything is drawn: the theme (the choice on this machine, in the
// profile, or what the system prefers), and whether times are told exactly (the choice, or because nothing can hover).
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const cannotHover = window.matchMedia("(hover: none), (pointer: coarse)");
  const kept = (name, values) => (document.cookie.match(new RegExp(`(?:^|; )${name}=(${values})`)) || [])[1];
  const keep = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  const apply = () => {
    const theme = kept("mci_theme", "light|dark") || root.dataset.themeChosen || (system.matches ? "dark" : "light");
    if (root.dataset.bsTheme !== theme) root.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("mci:theme", { detail: theme }));
  };
  const applyTimes = () => {
    root.dataset.times = kept("mci_times", "exact|ago") || (cannotHover.matches ? "exact" : "ago");
    document.dispatchEvent(new CustomEvent("mci:times"));
  };
  root.classList.add("js");
  apply();
  applyTimes();
  system.addEventListener("change", apply);
  cannotHover.addEventListener("change", applyTimes);
  window.mciTheme = {
    toggle() {
      keep("mci_theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
      apply();
    },
  };
  window.mciTimes = {
    toggle() {
      keep("mci_times", root.dataset.times === "exact" ? "ago" : "exact");
      applyTimes();
    },
  };
})();
