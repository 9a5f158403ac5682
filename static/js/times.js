// Instants are written in UTC by the server; this shows <time data-zone> in the reader's own zone, and again in what htmx swaps in.
"use strict";
(() => {
  const formats = {
    date: { day: "numeric", month: "short", year: "numeric" },
    short: { day: "numeric", month: "short" },
    minute: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  };
  const localise = (root) => {
    for (const time of root.querySelectorAll("time[data-zone]")) {
      const format = new Intl.DateTimeFormat("en-GB", formats[time.dataset.zone]);
      time.textContent = format.format(new Date(time.dateTime)).replace("Sept", "Sep");
    }
  };
  localise(document);
  document.addEventListener("htmx:afterSwap", (event) => localise(event.target.parentNode ?? document));
})();
