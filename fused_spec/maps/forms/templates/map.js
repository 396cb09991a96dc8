for (const map of document.querySelectorAll("[data-map]")) {
  const view = map.querySelector(".map-view"), frame = view.querySelector(".map-frame");
  const world = view.querySelector(".map-world"), bar = view.querySelector("[data-length]");
  const [, , W, H] = world.getAttribute("viewBox").split(" ").map(Number);
  const between = (low, value, high) => Math.min(Math.max(value, low), high);
  const round = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
  let x = 0, y = 0, k = 1;
  const show = () => {
    x = between(0, x, W - W / k);
    y = between(0, y, H - H / k);
    world.setAttribute("viewBox", [x, y, W / k, H / k].join(" "));
    view.style.setProperty("--map-mark", 1 / k);
    map.toggleAttribute("data-zoomed", k > 1);
    if (bar) bar.textContent = `${round.format(bar.dataset.length / k)} ${bar.dataset.unit} ${bar.dataset.where}`.trim();
  };
  const zoom = (factor, at = [W / 2, H / 2]) => {
    const next = between(1, k * factor, 64);
    x += at[0] / k - at[0] / next;
    y += at[1] / k - at[1] / next;
    k = next;
    show();
  };
  const move = (right, down) => { x += right / k; y += down / k; show(); };
  const all = () => { k = 1; show(); };
  const place = (event) => {
    const box = frame.getBoundingClientRect(), scale = Math.max(W / box.width, H / box.height);
    return [(event.clientX - box.left - (box.width - W / scale) / 2) * scale,
      (event.clientY - box.top - (box.height - H / scale) / 2) * scale];
  };
  const keys = { ArrowLeft: () => move(-60, 0), ArrowRight: () => move(60, 0), ArrowUp: () => move(0, -60),
    ArrowDown: () => move(0, 60), "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: all };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== view) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), place(event));
  }, { passive: false });
  view.addEventListener("dblclick", (event) => zoom(2, place(event)));
  const down = new Map();
  view.addEventListener("pointerdown", (event) => down.set(event.pointerId, place(event)));
  for (const name of ["pointerup", "pointercancel", "pointerleave"])
    view.addEventListener(name, (event) => down.delete(event.pointerId));
  view.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId), now = place(event);
    if (!before) return;
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    down.set(event.pointerId, now);
    if (!other) return move(before[0] - now[0], before[1] - now[1]);
    const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
    zoom(apart(now) / apart(before), other);
  });
  const tools = map.querySelector(".map-tools");
  tools.hidden = false;
  const deeds = { in: () => zoom(1.5), out: () => zoom(1 / 1.5), all };
  for (const button of tools.children) button.addEventListener("click", deeds[button.dataset.do]);
  for (const box of map.querySelectorAll(".map-legend input")) {
    box.hidden = false;
    box.addEventListener("change", () => {
      for (const one of world.querySelectorAll(`[data-key="${box.value}"]`)) one.style.display = box.checked ? "" : "none";
    });
  }
}
