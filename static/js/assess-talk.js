// The discussion of a test opens beside the form, which stays as it is.
"use strict";
(() => {
  const dialog = document.getElementById("talk");
  const { form } = window.assessing ?? {};
  if (!form || !dialog) return;
  let opener = null;
  form.addEventListener("click", async (event) => {
    const link = event.target.closest(".talk-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opener = link.id;
    document.getElementById("talk-h").textContent = link.closest(".test").querySelector("h3").textContent;
    await htmx.ajax("GET", link.href, { target: "#talk-body", swap: "outerHTML" });
    dialog.showModal();
  });
  dialog.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  dialog.addEventListener("close", () => document.getElementById(opener)?.focus());
})();
