// Buttons beside an answer: claim what evidence proposes, decline it, confirm what was taken over.
"use strict";
(() => {
  const { form, row, announce, title, chosen, unsaved } = window.assessing ?? {};
  if (!form) return;

  const PATIENCE = 15000;

  const focusAnswer = (test) => (row(test).querySelector("input[type=radio]:checked") ?? row(test).querySelector("input[type=radio]")).focus();
  // A category's button goes with the last answer that it could confirm.
  const count = () => {
    for (const line of form.querySelectorAll(".confirm-all")) {
      const left = line.closest(".a-cat").querySelectorAll(".unseen").length;
      if (left) line.querySelector("span").textContent = `${left} taken over and not looked at`;
      else line.remove();
    }
  };
  form.addEventListener("htmx:afterSwap", count);

  const accept = (button) => {
    const test = button.closest(".test").id;
    const radio = document.getElementById(`${test}-${button.dataset.accept}`);
    radio.checked = true;
    radio.focus();
    chosen(test);
  };
  const mark = async (button) => {
    const test = button.closest(".test")?.id;
    if (test && button.name === "decline" && unsaved(test)) {
      announce("Wait until the answer is saved");
      return;
    }
    const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value, "HX-Request": "true" };
    const body = new URLSearchParams({ [button.name]: button.value });
    let found = { detail: "Not saved: try again" };
    try {
      const response = await fetch(form.dataset.marks, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok || [400, 409].includes(response.status)) found = await response.json();
    } catch { /* said below */ }
    if (!found.stamps) {
      announce(found.detail);
      button.closest(".proposal, .unseen, .confirm-all").querySelector("p, span").textContent = found.detail;
      return;
    }
    htmx.swap(form, found.panel, { swapStyle: "none" });
    if (button.name === "decline") {
      await htmx.ajax("GET", row(test).getAttribute("hx-post"), { target: `#${test}`, swap: "outerHTML" });
      announce(`Declined. ${title(test)}`);
    } else {
      for (const [key, stamp] of Object.entries(found.stamps)) {
        row(key).querySelector(".unseen")?.remove();
        row(key).querySelector(".state").dataset.stamp = stamp;
      }
      announce(test ? `Confirmed. ${title(test)}` : "Confirmed");
    }
    count();
    focusAnswer(test ?? Object.keys(found.stamps)[0]);
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-accept], [data-mark]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.accept) accept(button);
    else mark(button);
  });
})();
