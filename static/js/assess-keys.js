// One key does what a visible control does: choose a level, go to another test, find one, list the keys.
"use strict";
(() => {
  const { form, announce, chosen } = window.assessing ?? {};
  if (!form) return;
  const finder = document.getElementById("find");
  const narrow = document.getElementById("narrow");
  const dialog = document.getElementById("keys");
  const enabled = document.getElementById("keys-on");
  const OFF = "mlscore:keys-off";

  const rows = () => [...form.querySelectorAll(".test:not([hidden])")];
  const enter = (test) => {
    if (!test) return;
    (test.querySelector("input[type=radio]:checked") ?? test.querySelector("input[type=radio]")).focus();
    test.scrollIntoView({ block: "nearest" });
  };
  // From outside a test the next one is the first that lies below the top of the window.
  let last = null;
  form.addEventListener("focusin", (event) => { last = event.target.closest(".test") ?? last; });
  const go = (step) => {
    const shown = rows();
    const here = shown.indexOf(document.activeElement.closest(".test") ?? last);
    if (here >= 0) enter(shown[here + step]);
    else enter(shown.find((test) => test.getBoundingClientRect().top >= 0) ?? shown[0]);
  };

  // Finding: by words of the title, the key or what was written, and by state.
  const states = {
    all: () => true,
    open: (test) => !test.querySelector("input[type=radio]:checked"),
    differs: (test) => [...test.querySelectorAll(".says.is-warn, .says.is-fail")].some((line) => line.checkVisibility()),
    proposed: (test) => [...test.querySelectorAll(".proposal")].some((each) => each.checkVisibility()),
    unseen: (test) => test.querySelector(".unseen") !== null,
    mine: (test) => test.querySelector("[data-mine]") !== null,
    notes: (test) => test.querySelector("textarea").value.trim() === "",
  };
  const show = () => {
    for (const test of form.querySelectorAll(".test")) test.hidden = false;
    const words = finder.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    const tests = [...form.querySelectorAll(".test")];
    const fitting = new Set(tests.filter((test) => {
      const text = `${test.id} ${test.querySelector("h3").textContent} ${test.querySelector("textarea").value}`.toLowerCase();
      return words.every((word) => text.includes(word)) && (states[narrow.value] ?? states.all)(test);
    }));
    for (const test of tests) {
      test.hidden = !fitting.has(test);
      shown += fitting.has(test);
    }
    for (const category of form.querySelectorAll(".a-cat")) category.hidden = !category.querySelector(".test:not([hidden])");
    document.getElementById("found").textContent = shown === tests.length ? "" : `${shown} of ${tests.length} tests`;
    announce(`${shown} of ${tests.length} tests shown`);
  };
  finder.addEventListener("input", show);
  narrow.addEventListener("change", show);
  finder.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      enter(rows()[0]);
    } else if (event.key === "Escape") {
      finder.value = "";
      show();
    }
  });

  // Single keys can be switched off, for those who speak to their computer.
  try { enabled.checked = localStorage.getItem(OFF) === null; } catch { /* they stay on */ }
  enabled.addEventListener("change", () => {
    try { enabled.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"); } catch { /* for this page only */ }
  });
  const controls = { previous: () => go(-1), next: () => go(1), keys: () => dialog.showModal() };
  form.addEventListener("click", (event) => controls[event.target.closest("[data-do]")?.dataset.do]?.());

  const levels = { n: "none", m: "manual", a: "automated", x: "na", 1: "none", 2: "manual", 3: "automated", 4: "na" };
  const choose = (test, value) => {
    const radio = document.getElementById(`${test.id}-${value}`);
    if (!radio) return;
    radio.focus();
    if (radio.checked) return;
    radio.checked = true;
    chosen(test.id);
  };
  document.addEventListener("keydown", (event) => {
    if (!enabled.checked || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    const test = event.target.closest?.(".test");
    const pressed = event.key.toLowerCase();
    if (pressed === "j") go(1);
    else if (pressed === "k") go(-1);
    else if (pressed === "/") finder.focus();
    else if (pressed === "?") dialog.showModal();
    else if (test && levels[pressed]) choose(test, levels[pressed]);
    else if (test && pressed === "c") test.querySelector(".unseen button")?.click();
    else if (test && pressed === "p") [...test.querySelectorAll("[data-accept]")].find((each) => each.checkVisibility())?.click();
    else if (test && pressed === "g") test.querySelector(".guide").toggleAttribute("open");
    else return;
    event.preventDefault();
  });
})();
