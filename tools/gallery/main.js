// The controls, the keyboard and the beginning.
let state = readAddress();
let current = -1;
const search = document.getElementById("search");

// Take over a change of what is asked, and show it.
function change(changes) {
  state = { ...state, ...changes };
  writeAddress(state);
  window.scrollTo(0, 0);
  render();
}

function render() {
  const found = matching(state);
  const groups = grouped(found, state.sort);
  if (!found.some((entry) => entry.number === current)) current = groups.length ? groups[0].entries[0].number : -1;
  draw(groups, state.view);
  controls(found);
  nothing(found);
}

function controls(found) {
  if (search.value !== state.q) search.value = state.q;
  const focused = document.activeElement.dataset.status;
  part("status").replaceChildren(...chips());
  if (focused !== undefined) part("status").querySelector(`[data-status="${focused}"]`)?.focus();
  choices("provider", (entry) => entry.provider || "-", (value) => (value === "-" ? "–" : providerWord(value)));
  choices("style", (entry) => entry.card.style || "-", (value) => (value === "-" ? word("noStyle") : value));
  if (document.activeElement !== part("run")) runChoices([[state.run, state.run && runName(entries.find((entry) => TESTS.run(entry, state.run)))]]);
  part("sort").replaceChildren(...["newest", "oldest"].map((name) => new Option(word(name), name, false, state.sort === name)));
  part("view").setAttribute("aria-pressed", String(state.view === "wall"));
  part("clear").hidden = !["q", "status", "provider", "style", "run"].some((name) => state[name]);
  part("count").textContent = countsOf(found);
}

// The segments of a batch are no runs of their own for whoever looks.
function countsOf(found) {
  const count = (kind) => new Set(found.filter((entry) => Boolean(entry.card.batch) === kind).map((entry) => entry.card.group)).size;
  const [runs, batches] = [count(false), count(true)];
  const counts = [word("pictures")(found.length), runs || !batches ? word("runs")(runs) : "", batches ? word("batches")(batches) : ""];
  return counts.filter(Boolean).join(" · ");
}

// A status with the number of pictures that the other filters leave it.
function chips() {
  const others = matching(state, "status");
  const count = (name) => others.filter((entry) => !name || entry.status === name).length;
  const named = STATUSES.filter((name) => state.status === name || entries.some((entry) => entry.status === name));
  return ["", ...named].map((name) => {
    const chip = element("button", { type: "button", "aria-pressed": String(state.status === name), onclick: () => change({ status: name }) },
      word(name || "anyStatus"), element("span", {}, count(name).toLocaleString(language)));
    chip.dataset.status = name;
    return chip;
  });
}

const runName = (entry) => (entry ? `${when(entry.card.started)}  ${entry.card.batch || entry.card.title || entry.card.id}` : state.run);
const runChoices = (more) => list("run", more.filter(([value]) => value));

function choices(name, valueOf, wordOf) {
  list(name, counted(name, valueOf, wordOf).sort((a, b) => a[1].localeCompare(b[1], language)));
}

function counted(name, valueOf, wordOf) {
  const counts = new Map();
  for (const entry of matching(state, name)) {
    const value = valueOf(entry);
    const known = counts.get(value);
    if (known) known.count += 1;
    else counts.set(value, { count: 1, entry });
  }
  return [...counts].map(([value, { count, entry }]) => [value, `${wordOf(value, entry)} (${count})`]);
}

function list(name, listed) {
  const menu = part(name);
  const chosen = state[name] && !listed.some(([value]) => value === state[name]) ? [[state[name], state[name]]] : [];
  const any = word(`any${name[0].toUpperCase()}${name.slice(1)}`);
  menu.replaceChildren(...[["", any], ...chosen, ...listed].map(([value, text]) => new Option(text, value, false, value === state[name])));
  menu.classList.toggle("set", Boolean(state[name]));
}

// An empty page says what to do.
function nothing(found) {
  const place = part("empty");
  place.hidden = found.length > 0;
  if (found.length) return;
  const kind = entries.length ? "none" : "empty";
  const onward = entries.length
    ? element("button", { type: "button", className: "quiet", onclick: clear }, word("clear"))
    : [commandLine("peitu run examples/coffee.md"), commandLine("peitu gallery --open")];
  place.replaceChildren(element("h2", {}, word(`${kind}Title`)), element("p", {}, word(`${kind}Text`)), ...[onward].flat());
}

const clear = () => change({ q: "", status: "", provider: "", style: "", run: "" });

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = word("title");
  for (const place of document.querySelectorAll("[data-word]")) place.textContent = word(place.dataset.word);
  for (const place of document.querySelectorAll("[data-label]")) {
    place.setAttribute("aria-label", word(place.dataset.label));
    if (place.tagName === "BUTTON") place.title = word(place.dataset.label);
  }
  for (const place of document.querySelectorAll("[data-hint]")) place.placeholder = word(place.dataset.hint);
  part("language").textContent = word("languageShort");
}

// The system decides between light and dark until somebody chooses.
const darkSystem = matchMedia("(prefers-color-scheme: dark)");
function paintTheme() {
  document.documentElement.dataset.theme = remembered.get("theme") || (darkSystem.matches ? "dark" : "light");
}

function focusTile(entry) {
  const piece = shown.place.get(entry.number);
  if (!piece) return;
  current = entry.number;
  const above = part("search").closest(".bar").getBoundingClientRect().bottom + 12;
  const y = piece.y + grid.offsetTop;
  if (y < window.scrollY + above) window.scrollTo(0, y - above);
  else if (y + piece.height > window.scrollY + window.innerHeight) window.scrollTo(0, y + piece.height - window.innerHeight + 16);
  paint();
  for (const button of grid.querySelectorAll("button[tabindex='0']")) if (button.dataset.entry) button.tabIndex = -1;
  const button = grid.querySelector(`button[data-entry="${entry.number}"]`);
  button.tabIndex = 0;
  button.focus({ preventScroll: true });
}

// Where an arrow leads from a tile: along the order, or to the nearest in the row above or below.
function neighbor(entry, key) {
  const position = shown.number.get(entry.number);
  if (key === "Home") return shown.order[0];
  if (key === "End") return shown.order[shown.order.length - 1];
  if (key === "ArrowLeft" || key === "ArrowRight") return shown.order[position + (key === "ArrowLeft" ? -1 : 1)];
  const piece = shown.place.get(entry.number);
  const row = shown.rows[piece.row + (key === "ArrowUp" ? -1 : 1)];
  const distance = (other) => Math.abs(other.x + other.width / 2 - piece.x - piece.width / 2);
  return row && row.reduce((best, other) => (distance(other) < distance(best) ? other : best)).entry;
}

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (open) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); step(event.key === "ArrowLeft" ? -1 : 1); }
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape" && event.target === search) {
    if (search.value) change({ q: "" });
    else search.blur();
  } else if (ARROWS.includes(event.key) && !typing && shown.order.length) {
    const tile = event.target.closest && event.target.closest("[data-entry]");
    if (!tile && (event.key === "Home" || event.key === "End" || event.target !== document.body)) return;
    event.preventDefault();
    const next = tile ? neighbor(entries[tile.dataset.entry], event.key) : entries[current];
    if (next) focusTile(next);
  }
}

// Lay out anew when the window has another width; not behind the large view, which takes the scroll bar away.
function fit() {
  if (large.open || printing) return;
  if (grid.clientWidth === laidOut) paint();
  else draw(grouped(matching(state), state.sort), state.view);
}

// Thumbnails that were not there yet when their tile was made.
function catchUp() {
  for (const picture of grid.querySelectorAll(".frame[data-waits]:not([data-waits=''])")) fill(picture, entries[picture.dataset.waits]);
}

function follow() {
  state = readAddress();
  render();
  showAsked();
}

function showAsked() {
  const entry = state.show && entries.find((other) => addressOf(other) === state.show);
  if (entry) openLarge(entry, { push: false });
  else hideLarge();
}

let typed = 0;
search.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(() => change({ q: search.value }), 90); });
for (const name of ["provider", "style", "run", "sort"]) part(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
// The menu of runs may be long: it is filled when somebody comes to it.
const fillRuns = () => runChoices(counted("run", (entry) => entry.card.group, (value, entry) => runName(entry)));
part("run").addEventListener("pointerdown", fillRuns);
part("run").addEventListener("focus", fillRuns);
part("view").onclick = () => change({ view: state.view === "wall" ? "runs" : "wall" });
part("theme").onclick = () => { remembered.set("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark"); paintTheme(); };
part("language").onclick = () => { language = language === "zh" ? "en" : "zh"; remembered.set("language", language); speak(); render(); };
part("clear").onclick = () => { clear(); search.focus(); };
part("close").onclick = closeLarge;
part("previous").onclick = () => step(-1);
part("next").onclick = () => step(1);
large.addEventListener("cancel", (event) => { event.preventDefault(); closeLarge(); });
document.addEventListener("keydown", keys);
darkSystem.addEventListener("change", paintTheme);
window.addEventListener("popstate", follow);
window.addEventListener("scroll", () => requestAnimationFrame(() => paint()), { passive: true });
window.addEventListener("beforeprint", () => { printing = true; paint(); });
window.addEventListener("afterprint", () => { printing = false; paint(); });
new ResizeObserver(fit).observe(grid);
const arriving = new MutationObserver(catchUp);
arriving.observe(document.body, { childList: true });
// The large view waits for the whole page, since it may need a thumbnail in the picture's stead.
document.addEventListener("DOMContentLoaded", () => { arriving.disconnect(); catchUp(); showAsked(); });

paintTheme();
speak();
render();
