// Buttons above the statements, one for each verdict that occurs: they hide the cards with another
// verdict. Without this script there are no buttons, and all cards are shown.
(() => {
  const cards = [...document.querySelectorAll("article[data-verdict]")];
  const found = new Map();
  cards.forEach((card) => found.set(card.dataset.verdict, (found.get(card.dataset.verdict) ?? 0) + 1));
  if (found.size < 2) return;
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Show the statements with this verdict");
  const chosen = new Set();
  const show = () => cards.forEach((card) => {
    card.hidden = chosen.size > 0 && !chosen.has(card.dataset.verdict);
  });
  found.forEach((count, verdict) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = verdict;
    button.textContent = ` ${verdict} (${count})`;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      if (!chosen.delete(verdict)) chosen.add(verdict);
      button.setAttribute("aria-pressed", String(chosen.has(verdict)));
      show();
    });
    bar.append(button);
  });
  // a link to a hidden card shows it
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.hidden) {
      chosen.clear();
      bar.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", "false"));
      show();
      target.scrollIntoView();
    }
  });
  cards[0].closest("section").before(bar);
})();
