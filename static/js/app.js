// The behaviour that every page shares: dialogs, menus, messages, copy buttons, filters, and how htmx meets errors.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // ---- dialogs: <button data-dialog="name"> opens <dialog id="name">
  function openDialog(dialog) {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const wrong = dialog.querySelector("[aria-invalid=true]");
    const first = wrong || dialog.querySelector(".dialog-words input:not([type=hidden]), .dialog-words textarea, .dialog-words select");
    if (first) first.focus();
  }

  // ---- messages
  function addMessage(text, level = "error") {
    const card = byId("toast-template").content.firstElementChild.cloneNode(true);
    card.querySelector("p").textContent = text;
    card.className = `toast-card toast-${level}`;
    card.dataset.toast = level;
    byId("messages").append(card);
    expire(card);
  }

  function expire(card) {
    if (card.dataset.toastSeen) return;
    card.dataset.toastSeen = "yes";
    if (["error", "warning"].includes(card.dataset.toast)) return; // what went wrong stays until it is closed
    let left = 8;
    const timer = setInterval(() => {
      if (card.matches(":hover, :focus-within")) return;
      left -= 1;
      if (left <= 0) {
        clearInterval(timer);
        card.remove();
      }
    }, 1000);
  }

  // ---- copy buttons
  async function copy(button) {
    const done = () => {
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
      addMessage("Copied", "success");
    };
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      done();
    } catch {
      addMessage("The browser did not allow copying. Select the text and copy it yourself.", "warning");
    }
  }

  const clicks = [
    ["[data-dialog]", (el) => openDialog(byId(el.dataset.dialog))],
    ["[data-dialog-close]", (el) => el.closest("dialog").close()],
    ["[data-theme-toggle]", () => window.mciTheme.toggle()],
    ["[data-times-toggle]", () => window.mciTimes.toggle()],
    ["[data-toast-close]", (el) => el.closest("[data-toast]").remove()],
    ["[data-copy]", (el) => copy(el)],
    ["[data-filters]", (el) => el.setAttribute("aria-expanded", String(el.closest("form").classList.toggle("filters-open")))],
  ];
  document.addEventListener("click", (event) => {
    for (const [selector, act] of clicks) {
      const element = event.target.closest(selector);
      if (element) return act(element);
    }
    if (event.target.matches("dialog")) event.target.close(); // a click beside the dialog
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // ---- a form is sent once
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 4000) return event.preventDefault();
    form.dataset.sent = String(Date.now());
  });

  // ---- filters: no empty parameters in the address, the clear link only when it clears something
  const filled = (form) => [...new FormData(form)].some(([name, value]) => name !== "sort" && value !== "");
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    const clear = form && form.matches(".filters") && form.querySelector(".filters-clear");
    if (clear) clear.hidden = !filled(form);
  });

  // ---- htmx
  const token = document.querySelector("meta[name=csrf-token]");
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.request.method !== "GET" && token) ctx.request.headers["X-CSRFToken"] = token.content;
    if (ctx.sourceElement.matches(".filters") && ctx.request.body instanceof FormData) {
      for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
    }
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    const { raw, status } = ctx.response;
    if (raw.redirected && new URL(raw.url).pathname.startsWith("/accounts/")) {
      event.preventDefault(); // the sign-in has ended: go to the page, do not put it into this one
      location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    } else if (ctx.hx.retarget === "#messages") {
      ctx.select = null; // the answer is one message, not a page
    } else if (status >= 400 && status !== 422) {
      event.preventDefault();
      addMessage(status >= 500 ? "Something went wrong. It was recorded; try again in a moment." : "This is not possible now. Reload the page and try again.");
    }
  });
  document.addEventListener("htmx:error", () => addMessage("The server could not be reached. Nothing was changed."));
  document.addEventListener("htmx:after:swap", () => start());

  // ---- what a page needs once it is there
  function start() {
    document.querySelectorAll("[data-toast]").forEach(expire);
    document.querySelectorAll("dialog[data-open-now]").forEach((dialog) => {
      dialog.removeAttribute("data-open-now");
      openDialog(dialog);
    });
  }
  start();
  const wrong = document.querySelector("main [aria-invalid=true]");
  if (wrong && !document.querySelector("dialog[open]")) wrong.focus();
  window.mci = { addMessage };
})();
