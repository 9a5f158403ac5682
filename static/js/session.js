// Pages of a team session work without this, by reloading. With it they follow the session, and each vote is saved by itself.
"use strict";
(() => {
  const POLL = 3000;
  const SLOWEST = 30000;
  const FIRST_RETRY = 1000;
  // Who doesn't answer for so long is given up, as a lost connection is.
  const PATIENCE = 15000;
  const page = () => document.getElementById("live");
  if (!page()) return;

  // Votes: what is chosen and not yet stored, sent together; a later choice for the same test replaces the earlier.
  const pending = new Map();
  let sending = false;
  let retry = 0;
  const say = (test, text, tone = "") => {
    const line = document.getElementById(test)?.querySelector("[data-saved]");
    if (!line) return;
    line.className = tone ? `saved is-${tone}` : "saved";
    line.textContent = text;
    const status = document.getElementById("vote-status");
    if (status && text !== "Saving…" && status.textContent !== text) status.textContent = text;
  };
  const sayAll = (tests, text, tone) => { for (const test of tests) say(test, text, tone); };
  const forget = (sent) => { for (const [test, value] of sent) if (pending.get(test) === value) pending.delete(test); };
  const again = () => {
    retry = Math.min(SLOWEST, retry ? retry * 2 : FIRST_RETRY);
    setTimeout(send, retry);
  };
  const answered = async (response, sent) => {
    const tests = sent.map(([test]) => test);
    if (response.ok) {
      const cast = await response.json();
      retry = 0;
      forget(sent);
      sayAll(cast.stored.filter((test) => !pending.has(test)), "Saved");
      sayAll(cast.too_late, "Revealed before this came: not counted", "warn");
      if (pending.size) send();
    } else if (response.status >= 500 || response.status === 429) {
      sayAll(tests, "Not saved, trying again", "warn");
      again();
    } else {
      const why = { 401: "you are signed out", 403: "reload the page", 409: "the session has ended" }[response.status];
      sayAll(tests, `Not saved: ${why ?? "reload the page"}`, "fail");
    }
  };
  const send = async () => {
    const ballot = document.getElementById("ballot");
    if (sending || !pending.size || !ballot) return;
    const sent = [...pending];
    const body = new URLSearchParams(sent.map(([test, value]) => [`vote-${test}`, value]));
    body.set("csrfmiddlewaretoken", ballot.elements.csrfmiddlewaretoken.value);
    sending = true;
    let response = null;
    try {
      const headers = { Accept: "application/json", "HX-Request": "true" };
      response = await fetch(location.pathname, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
    } catch { /* the connection is lost */ }
    sending = false;
    if (response) await answered(response, sent);
    else {
      sayAll(sent.map(([test]) => test), "Offline, trying again", "warn");
      again();
    }
  };
  document.addEventListener("change", (event) => {
    const radio = event.target;
    if (!radio.closest("#ballot") || radio.type !== "radio") return;
    const test = radio.name.replace("vote-", "");
    pending.set(test, radio.value);
    say(test, "Saving…");
    send();
  });
  window.addEventListener("beforeunload", (event) => { if (pending.size) event.preventDefault(); });
  window.addEventListener("online", () => send());

  // Following: numbers are put in their places; what is new is shown at once unless somebody is at work in it.
  const busy = () => pending.size > 0 || page().contains(document.activeElement);
  const renew = async () => {
    const response = await fetch(location.pathname, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) return;
    if (response.redirected) {
      location.replace(response.url);
      return;
    }
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of ["live", "session-actions"]) {
      const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
      if (old && next) old.replaceWith(document.adoptNode(next));
    }
    // What shows instants in the reader's zone listens for this.
    page().dispatchEvent(new CustomEvent("htmx:afterSwap", { bubbles: true }));
  };
  const show = async (fragment) => {
    for (const fresh of fragment.querySelectorAll("[data-live]")) {
      for (const old of page().querySelectorAll(`[data-live="${fresh.dataset.live}"]`)) {
        if (old.textContent !== fresh.textContent) old.textContent = fresh.textContent;
      }
    }
    const stage = fragment.querySelector("[data-stage]").dataset.stage;
    if (stage === page().dataset.stage) return;
    if (busy()) page().querySelector("[data-outdated]").hidden = false;
    else await renew();
  };

  let etag = "";
  let pause = POLL;
  const poll = async () => {
    const address = page().dataset.poll;
    if (!address) return;
    if (!document.hidden) {
      try {
        const headers = { "HX-Request": "true", ...(etag && { "If-None-Match": etag }) };
        const response = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (response.status === 401 || response.status === 404) return;
        if (response.status === 200) {
          await show(new DOMParser().parseFromString(await response.text(), "text/html"));
          etag = response.headers.get("ETag") ?? "";
        }
        pause = response.ok || response.status === 304 ? POLL : Math.min(SLOWEST, pause * 2);
      } catch {
        pause = Math.min(SLOWEST, pause * 2);
      }
    }
    setTimeout(poll, pause);
  };
  setTimeout(poll, POLL);
})();
