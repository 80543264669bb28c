"use strict";
(() => {
  const panel = document.getElementById("configuration");
  const toggle = document.getElementById("toggle");
  const messages = [...document.querySelectorAll("details.message")];

  const restingOn = (anchor) => [
    ...document.querySelectorAll(`a.ref[href="#${anchor}"]`),
    ...document.querySelectorAll(`.said[data-refs~="${anchor}"]`),
  ];

  const dim = () => document.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));

  const light = (line) => {
    dim();
    line.closest("details").open = true;
    line.classList.add("lit");
    restingOn(line.id).forEach((one) => one.classList.add("lit"));
    const beside = getComputedStyle(panel).position === "sticky";
    if (beside) {
      const middle = line.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 2;
      panel.scrollBy({ top: middle });
    } else {
      line.scrollIntoView({ block: "center" });
    }
  };

  const follow = (anchor) => {
    const target = document.getElementById(anchor);
    if (!target) return;
    if (target.matches("details.message")) {
      target.open = true;
      target.scrollIntoView({ block: "nearest" });
    } else if (panel && panel.contains(target) && target !== panel) {
      light(target);
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#cfg-"]');
    if (!link) return;
    event.preventDefault();
    history.replaceState(null, "", link.hash);
    follow(link.hash.slice(1));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dim();
  });
  addEventListener("hashchange", () => follow(location.hash.slice(1)));
  if (location.hash) follow(location.hash.slice(1));

  const label = () => {
    toggle.textContent = messages.every((one) => one.open) ? "Close all messages" : "Open all messages";
  };
  if (messages.length) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const open = !messages.every((one) => one.open);
      messages.forEach((one) => { one.open = open; });
    });
    messages.forEach((one) => one.addEventListener("toggle", label));
  }
})();
