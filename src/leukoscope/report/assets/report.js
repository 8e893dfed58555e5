"use strict";
for (const button of document.querySelectorAll("button[data-show]")) {
  button.addEventListener("click", () => {
    const wanted = button.dataset.show;
    for (const other of document.querySelectorAll("button[data-show]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    for (const body of document.querySelectorAll("#target-table tbody")) {
      const rows = [...body.querySelectorAll("tr[data-state]")];
      for (const row of rows) row.hidden = wanted !== "" && row.dataset.state !== wanted;
      body.hidden = rows.every((row) => row.hidden);
    }
  });
}
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
