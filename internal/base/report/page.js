"use strict";
// A click sorts the table by the column, a second one the other way round.
for (const head of document.querySelectorAll("th")) {
  head.querySelector("button").addEventListener("click", () => {
    const table = head.closest("table"), body = table.tBodies[0], column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = head.classList.contains("number");
    const value = (row) => numeric ? row.cells[column].dataset.key : row.cells[column].textContent;
    const order = (a, b) => {
      const x = value(a), y = value(b);
      if (numeric && (x === "" || y === "")) return (x === "") - (y === ""); // none comes last
      const sign = numeric ? x - y : x.localeCompare(y);
      return down ? -sign : sign;
    };
    body.append(...[...body.rows].sort(order));
  });
}
