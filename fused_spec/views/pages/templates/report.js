for (const log of document.querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
for (const grid of document.querySelectorAll("[data-grid]")) {
  const cells = [...grid.querySelectorAll("a")];
  for (const cell of cells.slice(1)) cell.tabIndex = -1;
  const row = (cell) => cell.getBoundingClientRect().top;
  const nearest = (from, down) => {
    const rows = cells.filter((one) => (down ? row(one) > row(from) + 4 : row(one) < row(from) - 4));
    if (!rows.length) return from;
    const next = row(down ? rows[0] : rows[rows.length - 1]), x = from.getBoundingClientRect().left;
    const away = (one) => Math.abs(one.getBoundingClientRect().left - x);
    return rows.filter((one) => Math.abs(row(one) - next) < 4).reduce((a, b) => (away(b) < away(a) ? b : a));
  };
  grid.addEventListener("keydown", (event) => {
    const at = cells.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = {
      ArrowRight: () => cells[at + 1], ArrowLeft: () => cells[at - 1], Home: () => cells[0], End: () => cells.at(-1),
      ArrowDown: () => nearest(cells[at], true), ArrowUp: () => nearest(cells[at], false),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = to() || cells[at];
    cells[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  grid.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    const target = document.getElementById(link.hash.slice(1));
    if (!target) return;
    target.closest("details").open = true;
    target.focus();
  });
}
