// Sets the theme before anything is drawn: the choice on this machine, in the profile, or what the system prefers.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => (document.cookie.match(/(?:^|; )mci_theme=(light|dark)/) || [])[1] || root.dataset.themeChosen;
  const apply = () => {
    const theme = chosen() || (system.matches ? "dark" : "light");
    if (root.dataset.bsTheme !== theme) root.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("mci:theme", { detail: theme }));
  };
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  window.mciTheme = {
    toggle() {
      const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `mci_theme=${next}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
      apply();
    },
  };
})();
