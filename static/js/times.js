// Instants are written in UTC by the server; this shows <time data-zone> in the reader's own zone, and again in what htmx swaps in.
// It isn't deferred: elements are changed as the parser adds them, before they are painted, so that nothing on the page moves.
"use strict";
(() => {
  const options = {
    date: { day: "numeric", month: "short", year: "numeric" },
    short: { day: "numeric", month: "short" }, // of the reader's current year; `date` of any other
    minute: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  };
  const formats = {};
  const formatOf = (zone) => (formats[zone] ??= new Intl.DateTimeFormat("en-GB", options[zone]));
  const show = (time) => {
    const at = new Date(time.dateTime);
    const zone = time.dataset.zone === "short" && at.getFullYear() !== new Date().getFullYear() ? "date" : time.dataset.zone;
    const text = formatOf(zone).format(at).replace("Sept", "Sep");
    if (time.textContent !== text) time.textContent = text;
  };
  const localise = (root) => {
    for (const time of root.querySelectorAll("time[data-zone]")) show(time);
  };
  const showAround = (node) => {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentNode : node;
    if (element?.nodeType === Node.ELEMENT_NODE && element.matches("time[data-zone]")) show(element);
  };
  // The text of an element may arrive after it, and in pieces.
  const parsed = new MutationObserver((records) => {
    for (const record of records) for (const node of [record.target, ...record.addedNodes]) showAround(node);
  });
  parsed.observe(document, { childList: true, characterData: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => parsed.disconnect());
  document.addEventListener("htmx:afterSwap", (event) => localise(event.target.parentNode ?? document));
})();
