"use strict";
// Tables: sorting by any column, and the file of what is shown. Numbers sort as numbers, missing values stand last.
const numberOf = (text) => {
  if (text === "–" || text === "") return NaN;
  return text.startsWith("∞") ? Infinity : Number.parseFloat(text.replace("<", ""));
};
for (const button of document.querySelectorAll(".sortable th button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement, column = head.cellIndex, body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].textContent;
    const numeric = [...body.rows].every((row) => key(row) === "–" || key(row) === "" || /^[-<∞\d.]/.test(key(row)));
    const rows = [...body.rows].sort((a, b) => {
      if (!numeric) return key(a).localeCompare(key(b)) * (down ? -1 : 1);
      const x = numberOf(key(a)), y = numberOf(key(b));
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return (x - y) * (down ? -1 : 1);
    });
    body.append(...rows);
  });
}
for (const table of document.querySelectorAll("table.sortable")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Save what is shown";
  button.addEventListener("click", () => {
    const lines = [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent).join("\t"));
    save(table.dataset.source.split("/").pop(), lines.join("\n") + "\n");
  });
  table.closest("details").querySelector("p.file").append(" ", button);
}
function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
