// The form works without this. With it every answer is saved by itself and the score is live.
// What is typed is kept in this browser until the server has it: through lost connections, reloads and refusals.
"use strict";
(() => {
  const form = document.getElementById("assess");
  if (!form) return;
  const TYPING = 700;
  const FIRST_RETRY = 1000;
  const LAST_RETRY = 30000;
  const WHOLE = 2 ** 30;
  const saves = new Map();
  const status = document.getElementById("save-status");

  const row = (test) => document.getElementById(test);
  const part = (test, name) => form.querySelectorAll(`[name="${test}-${name}"]`);
  const stateOf = (test) => saves.get(test) ?? saves.set(test, { edits: 0, sent: 0, busy: false, again: false, timer: 0, retry: 0, held: false }).get(test);

  // Kept in this browser: one entry an answer, gone when the server has it.
  const key = (test) => `mlscore:${form.dataset.assessment}:${test}`;
  const keep = (test) => {
    const kept = {
      level: row(test).querySelector("input[type=radio]:checked")?.value ?? "",
      justification: part(test, "justification")[0].value,
      typing: part(test, "new-link")[0].value,
      links: [...part(test, "link")].map((input) => input.value),
      version: part(test, "version")[0].value,
    };
    try { localStorage.setItem(key(test), JSON.stringify(kept)); } catch { /* no storage: saving goes on without it */ }
  };
  const forget = (test) => { try { localStorage.removeItem(key(test)); } catch { /* nothing kept */ } };
  const kept = (test) => { try { return JSON.parse(localStorage.getItem(key(test))); } catch { return null; } };

  // The saved state: a glyph and a word.
  const glyph = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `#${name}`);
    svg.append(use);
    return svg;
  };
  const say = (test, text, tone = "", icon = "") => {
    const line = row(test)?.querySelector(".saved");
    if (!line) return;
    line.className = tone ? `saved is-${tone}` : "saved";
    const word = document.createElement("span");
    word.textContent = text;
    line.replaceChildren(...(icon ? [glyph(icon)] : []), word);
    if (tone && status.textContent !== text) status.textContent = text;
  };

  const title = (test) => document.getElementById(`${test}-t`).textContent;
  const word = (test) => row(test).querySelector("input[type=radio]:checked + label > span")?.textContent ?? "not answered";

  const unsaved = (test) => {
    const state = saves.get(test);
    return Boolean(state && (state.busy || state.held || state.edits !== state.sent));
  };
  const linking = (test) => document.activeElement === part(test, "new-link")[0];
  const needsReason = (test) =>
    document.getElementById(`${test}-na`)?.checked && !part(test, "justification")[0].value.trim();

  const save = (test) => {
    const state = stateOf(test);
    clearTimeout(state.timer);
    if (state.held || state.edits === state.sent) return;
    if (state.busy) {
      state.again = true;
      return;
    }
    if (needsReason(test)) {
      say(test, "Say why it does not apply, then it is saved", "warn", "i-differ");
      return;
    }
    if (!row(test).querySelector("input[type=radio]:checked")) document.getElementById(`${test}-none`).checked = true;
    state.busy = true;
    state.again = false;
    state.sending = state.edits;
    say(test, "Saving…");
    htmx.trigger(row(test), "save");
  };
  const soon = (test, delay) => {
    const state = stateOf(test);
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(test), delay);
  };
  const edited = (test, delay) => {
    const state = stateOf(test);
    state.edits += 1;
    keep(test);
    if (state.held) return;
    say(test, delay === WHOLE ? "Enter saves the link" : "Saving…", "");
    soon(test, delay);
  };

  const retry = (test) => {
    const state = stateOf(test);
    state.retry = Math.min(LAST_RETRY, state.retry ? state.retry * 2 : FIRST_RETRY);
    soon(test, state.retry);
  };

  // What the server said of one answer.
  form.addEventListener("htmx:beforeSwap", (event) => {
    if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    const test = event.target.dataset?.test ?? event.detail.elt?.dataset?.test;
    if (!test || !saves.has(test) || event.detail.requestConfig?.verb !== "post") return;
    const state = stateOf(test);
    const code = event.detail.xhr?.status ?? 0;
    state.busy = false;
    if (code === 200) {
      state.sent = state.sending;
      state.retry = 0;
      adopt(test);
      if (state.edits === state.sent) forget(test);
      else { keep(test); soon(test, linking(test) && !state.again ? WHOLE : 0); }
      status.textContent = `Saved. ${title(test)}: ${word(test)}. Score ${form.querySelector("#score-panel .score b").textContent}`;
    } else if (code === 409) {
      state.held = true;
      status.textContent = "Not saved: someone else changed this answer";
    } else if (code === 422) {
      state.sent = state.sending;
      if (state.edits !== state.sent) soon(test, TYPING);
    } else if (code === 401) {
      say(test, "Not saved: you are signed out. It is kept in this browser", "fail", "i-cross");
    } else if (code === 403 || code === 404) {
      const why = code === 403 ? "reload the page" : "this draft is gone";
      say(test, `Not saved: ${why}. It is kept in this browser`, "fail", "i-cross");
    } else {
      say(test, code ? "Not saved, trying again" : "Offline, kept in this browser", "warn", "i-cloud");
      retry(test);
    }
  });
  window.addEventListener("online", () => { for (const test of saves.keys()) soon(test, 0); });

  // A link that was typed and stored becomes one of the list, unless more has been typed since.
  const adopt = (test) => {
    const state = stateOf(test);
    const field = part(test, "new-link")[0];
    const link = field.value.trim();
    if (!link || state.edits !== state.sending) return;
    field.value = "";
    if (![...part(test, "link")].some((input) => input.value === link)) list(test, link);
  };
  const list = (test, link) => {
    const item = document.createElement("li");
    const anchor = document.createElement("a");
    if (/^https?:/i.test(link)) anchor.href = link;
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer nofollow";
    anchor.textContent = link;
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: `${test}-link`, value: link });
    const drop = document.createElement("button");
    Object.assign(drop, { type: "submit", className: "link-drop", name: "drop" });
    drop.setAttribute("aria-label", `Remove the link ${link}`);
    drop.append(glyph("i-cross"));
    item.append(glyph("i-link"), anchor, input, drop);
    row(test).querySelector(".links").append(item);
  };

  const unfold = (test) => { row(test).querySelector(".notes-fold").open = true; };
  const chosen = (test) => {
    const value = row(test).querySelector("input[type=radio]:checked")?.value;
    if (value && value !== "none") unfold(test);
    if (needsReason(test)) part(test, "justification")[0].focus();
    edited(test, 0);
  };

  // The test whose answer an event belongs to; other fields of a row are saved on their own.
  const answering = (event) => {
    const test = event.target.closest(".test")?.id;
    return test && event.target.name?.startsWith(`${test}-`) ? test : undefined;
  };
  form.addEventListener("change", (event) => {
    const test = answering(event);
    if (!test) return;
    if (event.target.type === "radio") chosen(test);
    else soon(test, 0);
  });
  form.addEventListener("input", (event) => {
    const test = answering(event);
    if (!test || event.target.type === "radio") return;
    // A link is saved when it is whole: on leaving the field or with Enter.
    edited(test, event.target.type === "url" ? WHOLE : TYPING);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const test = button?.closest(".test")?.id;
    if (!test) return;
    if (button.classList.contains("link-drop")) {
      event.preventDefault();
      button.closest("li").remove();
      part(test, "new-link")[0].focus();
      edited(test, 0);
    } else if (button.dataset.keep) {
      event.preventDefault();
      if (button.dataset.keep === "mine") keepMine(test, button.dataset.version);
      else keepTheirs(test);
    }
  });
  const keepMine = (test, version) => {
    part(test, "version")[0].value = version;
    stateOf(test).held = false;
    edited(test, 0);
    row(test).querySelector("input[type=radio]:checked")?.focus();
  };
  const keepTheirs = async (test) => {
    await htmx.ajax("GET", row(test).getAttribute("hx-post"), { target: `#${test}`, swap: "outerHTML" });
    if (row(test).querySelector(".conflict")) return;
    forget(test);
    saves.delete(test);
    (row(test).querySelector("input[type=radio]:checked") ?? row(test).querySelector("input[type=radio]")).focus();
  };

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.type !== "url") return;
    event.preventDefault();
    save(event.target.closest(".test").id);
  });

  // Review waits for what is being saved; what can't be saved keeps the reader here.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "next") return;
    const open = [...saves.keys()].filter(unsaved);
    if (!open.length) return;
    event.preventDefault();
    open.forEach(save);
    const until = Date.now() + 4000;
    const wait = () => {
      const left = open.filter(unsaved);
      if (!left.length) form.requestSubmit(event.submitter);
      else if (Date.now() < until && left.some((test) => stateOf(test).busy)) setTimeout(wait, 50);
      else {
        row(left[0]).scrollIntoView({ block: "center" });
        row(left[0]).querySelector("input, textarea").focus();
        status.textContent = "Not all answers are saved";
      }
    };
    wait();
  });

  // After a reload: what the server did not get is shown again and sent.
  const restore = (article) => {
    const test = article.id;
    if (article.querySelector("[data-keep]")) {
      Object.assign(stateOf(test), { edits: 1, held: true });
      keep(test);
      return;
    }
    const left = kept(test);
    if (!left) return;
    const radio = document.getElementById(`${test}-${left.level}`);
    if (radio) radio.checked = true;
    part(test, "justification")[0].value = left.justification;
    part(test, "new-link")[0].value = left.typing;
    row(test).querySelector(".links").replaceChildren();
    for (const link of left.links) list(test, link);
    part(test, "version")[0].value = left.version;
    unfold(test);
    edited(test, 0);
  };
  form.querySelectorAll(".test").forEach(restore);

  // What the other files of the form use.
  const announce = (text) => { status.textContent = text; };
  window.assessing = { form, row, say, announce, title, chosen, unsaved, forget: (test) => saves.delete(test) };
})();
