// The filters of the report page. Reads and hides what stands in the page; makes no markup, loads and stores nothing.
"use strict";
const form = document.getElementById("filters");
if (form !== null) {
  const keys = [...document.querySelectorAll("article.key")];
  const texts = new Map(keys.map((key) => [key, key.textContent.toLowerCase()]));
  const drawn = new Map([...document.querySelectorAll("svg.graph g[data-key]")].map((g) => [g.dataset.key, g]));
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const filter = () => {
    const asked = new FormData(form);
    const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(asked.getAll("severity"));
    const machine = asked.get("machine") ?? "";
    let count = 0;
    for (const key of keys) {
      const text = texts.get(key);
      const wanted = severities.has(key.dataset.severity)
        && (machine === "" || key.dataset.machine === machine)
        && words.every((word) => text.includes(word));
      key.hidden = !wanted;
      drawn.get(key.id)?.classList.toggle("off", !wanted);
      count += Number(wanted);
    }
    shown.textContent = count === keys.length ? `${count} shown` : `${count} of ${keys.length} shown`;
    nothing.hidden = count > 0;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
}
// paper has no folds to open
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
