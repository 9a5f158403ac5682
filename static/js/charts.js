// Charts: mounts each <figure data-chart="ID"> from <script type="application/json" id="ID">.
// Colours in the JSON are token names, "var(--ink)"; they are resolved here, so a chart follows the theme.
"use strict";
(() => {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (token) => {
    probe.style.color = token;
    return getComputedStyle(probe).color;
  };
  const resolve = (value) => {
    if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
    if (Array.isArray(value)) return value.map(resolve);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
    }
    return value;
  };
  const narrow = matchMedia("(max-width: 45rem)");
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false };

  const fold = (layout) => {
    layout.annotations = layout.annotations.filter((annotation) => annotation.name !== "wide");
    layout.margin = { ...layout.margin, l: 28, r: 8 };
    layout.xaxis.nticks = 5;
  };

  const mount = (figure) => {
    const source = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const target = figure.querySelector(".chart");
    const buttons = [...figure.querySelectorAll("[data-from]")];
    let from = buttons.find((button) => button.getAttribute("aria-pressed") === "true")?.dataset.from;

    const draw = () => {
      const { data, layout } = resolve(source);
      layout.font.family = getComputedStyle(document.body).fontFamily;
      layout.dragmode = false;
      if (narrow.matches) fold(layout);
      layout.xaxis.range = [from ?? source.from, source.until];
      Plotly.react(target, data, layout, config);
    };
    for (const button of buttons) {
      button.addEventListener("click", () => {
        from = button.dataset.from;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        draw();
      });
    }
    draw();
    if (figure.dataset.moves) {
      // An instant in a figure is UTC without an offset. Plotly's own `x` is rounded; the figure's data are exact.
      target.on("plotly_click", ({ points: [point] }) => {
        const at = `${point.data.x[point.pointIndex].replace(" ", "T")}Z`;
        const there = new URL(figure.dataset.moves, location);
        there.searchParams.set("at", at);
        location.assign(there);
      });
    }
    narrow.addEventListener("change", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    document.documentElement.addEventListener("themechange", draw);
  };
  if (window.Plotly) document.querySelectorAll("figure[data-chart]").forEach(mount);
})();
