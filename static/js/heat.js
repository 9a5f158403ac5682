// The heat map by keyboard: one stop for Tab, arrows, Home and End move between its cells. Without this each cell is a stop.
"use strict";
(() => {
  const table = document.querySelector("[data-heat]");
  if (!table) return;
  const rows = [...table.querySelectorAll("tbody tr:not(.group)")].map((row) => [...row.querySelectorAll("a")]);
  const places = new Map(rows.flatMap((links, row) => links.map((link, column) => [link, [row, column]])));
  for (const link of places.keys()) link.tabIndex = -1;
  let current = rows[0][0];
  current.tabIndex = 0;
  const move = (link) => {
    current.tabIndex = -1;
    current = link;
    current.tabIndex = 0;
  };
  const targets = {
    ArrowLeft: ([row, column]) => [row, column - 1],
    ArrowRight: ([row, column]) => [row, column + 1],
    ArrowUp: ([row, column]) => [row - 1, column],
    ArrowDown: ([row, column]) => [row + 1, column],
    Home: ([row]) => [row, 0],
    End: ([row]) => [row, rows[row].length - 1],
  };
  table.addEventListener("focusin", (event) => {
    if (places.has(event.target)) move(event.target);
  });
  table.addEventListener("keydown", (event) => {
    const target = targets[event.key];
    if (!target || !places.has(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
    const [row, column] = target(places.get(event.target));
    const links = rows[row];
    const link = links && links[Math.min(column, links.length - 1)];
    event.preventDefault();
    if (link) link.focus();
  });
})();
