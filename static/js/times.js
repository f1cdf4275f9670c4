// Shows each <time data-time> in the reader's zone: relative, absolute, both, or the day only. Without this script the
// page shows UTC and says so. A relative time holds the exact one, too: shell.css shows one of them and keeps the other
// for screen readers, on a phone it shows both; the button in the page head and the key "t" change it (theme.js).
(() => {
  "use strict";
  const steps = [
    [60, 1, "second"],
    [3600, 60, "minute"],
    [86400, 3600, "hour"],
    [86400 * 14, 86400, "day"],
    [86400 * 60, 86400 * 7, "week"],
    [86400 * 700, 86400 * 30.44, "month"],
    [Infinity, 86400 * 365.25, "year"],
  ];
  const language = "en-GB"; // the words of the page are English; day before month, 24 hours
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" });
  const whole = new Intl.DateTimeFormat(language, {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });
  const exact = new Intl.DateTimeFormat(language, {
    weekday: "short", day: "numeric", month: "short", year: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });

  function relative(date) {
    const seconds = (date.getTime() - Date.now()) / 1000;
    if (Math.abs(seconds) < 10) return "just now";
    const [, size, unit] = steps.find(([limit]) => Math.abs(seconds) < limit);
    return ago.format(Math.round(seconds / size), unit);
  }

  function part(kind, text) {
    const span = document.createElement("span");
    span.className = `time-${kind}`;
    span.textContent = text;
    return span;
  }

  function showRelative(element, date) {
    const words = relative(date);
    const ago = element.querySelector(".time-ago");
    if (!ago) element.replaceChildren(part("ago", words), part("gap", ", "), part("exact", whole.format(date)));
    else if (ago.textContent !== words) ago.textContent = words;
  }

  function show(element) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) return;
    const style = element.dataset.time;
    element.title = exact.format(date);
    if (style === "relative") return showRelative(element, date);
    const text = {
      absolute: () => whole.format(date),
      both: () => `${whole.format(date)} (${relative(date)})`,
      date: () => day.format(date),
    }[style];
    if (!text) return;
    const words = text();
    if (element.textContent !== words) element.textContent = words;
  }

  function showChoice() {
    const button = document.querySelector("[data-times-toggle]");
    if (button) button.setAttribute("aria-pressed", String(document.documentElement.dataset.times === "exact"));
  }

  const showAll = () => document.querySelectorAll("time[data-time]").forEach(show);
  showAll();
  showChoice();
  document.addEventListener("mci:times", showChoice);
  document.addEventListener("htmx:after:swap", showAll);
  document.addEventListener("visibilitychange", showAll);
  setInterval(showAll, 20000);
})();
