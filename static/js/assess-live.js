// Who else is here, and what they saved: asked every few seconds while the page is in sight. A row that somebody is in,
// or has changed, is left alone until they are through with it.
"use strict";
(() => {
  const { form, row, say, announce, title, unsaved, forget } = window.assessing ?? {};
  if (!form) return;
  const EVERY = 4000;
  const PATIENCE = 15000;
  const place = document.getElementById("people");
  const waiting = new Map();
  let version = form.dataset.version;
  let timer = 0;
  let closed = false;
  let asking = false;

  const stamp = (article) => waiting.get(article.id)?.stamp ?? article.querySelector(".state").dataset.stamp;
  const taken = (test) => unsaved(test) || row(test).contains(document.activeElement);

  const ask = async () => {
    clearTimeout(timer);
    if (closed || asking || document.hidden) return;
    asking = true;
    const seen = new Map([...form.querySelectorAll(".test")].map((article) => [article.id, stamp(article)]));
    const body = new URLSearchParams({ version });
    for (const [test, shown] of seen) body.append("seen", `${test}:${shown}`);
    try {
      const headers = { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value, "HX-Request": "true" };
      const response = await fetch(form.dataset.live, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) tell(await response.json(), seen);
      else if ([401, 403, 404].includes(response.status)) closed = true;
    } catch { place.textContent = ""; }
    asking = false;
    if (!closed) timer = setTimeout(ask, EVERY);
  };

  // Of a row that was stored since it was asked about, the answer may be older than what is shown: it is asked about again.
  const tell = (news, seen) => {
    if (news.closed) {
      closed = true;
      place.textContent = news.closed;
      announce(news.closed);
      return;
    }
    const people = news.people.length ? `Also here: ${news.people.join(", ")}` : "";
    if (place.textContent !== people) place.textContent = people;
    version = String(news.version);
    if (news.panel) htmx.swap(form, news.panel, { swapStyle: "none" });
    for (const each of news.rows ?? []) {
      if (!row(each.test)) continue;
      if (stamp(row(each.test)) !== seen.get(each.test)) {
        version = "";
        continue;
      }
      if (taken(each.test)) {
        waiting.set(each.test, each);
        if (!unsaved(each.test)) say(each.test, `${each.who} changed this; shown when you leave it`, "", "i-differ");
      } else show(each);
    }
  };

  const show = (news) => {
    const article = row(news.test);
    const folds = [...article.querySelectorAll("details")].map((fold) => fold.open);
    const hidden = article.hidden;
    waiting.delete(news.test);
    forget(news.test);
    htmx.swap(article, news.html, { swapStyle: "outerHTML" });
    const fresh = row(news.test);
    fresh.hidden = hidden;
    [...fresh.querySelectorAll("details")].forEach((fold, index) => { fold.open ||= Boolean(folds[index]); });
    if (news.who) announce(`${news.who}: ${title(news.test)}, ${news.word}`);
  };

  // Left, and nothing of the reader's own in it: what others saved is shown.
  form.addEventListener("focusout", () => setTimeout(() => {
    for (const news of [...waiting.values()]) if (!taken(news.test)) show(news);
  }, 0));
  // The reader's own save was stored or refused: it has told of theirs already.
  form.addEventListener("htmx:afterRequest", (event) => waiting.delete(event.target.dataset?.test));
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", ask);
  timer = setTimeout(ask, 500);
})();
