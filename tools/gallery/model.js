// The entries, what is asked of them, and the address that keeps it.
const data = JSON.parse(document.getElementById("data").textContent);
const { runs, entries } = data;
entries.forEach((entry, number) => { entry.number = number; entry.card = runs[entry.run]; });
// An older version is like an entry, but for what belongs to its place; its thumbnail lies behind those of all entries.
let behind = entries.length;
for (const entry of entries) {
  const { card, run, index, heading } = entry;
  for (const older of entry.older || []) Object.assign(older, { card, run, index, heading, newest: entry, number: behind++ });
}
const absent = (entry) => entry.status === "saved" && !entry.bytes;
const nameOf = (entry) => entry.subject || entry.heading || entry.prompt || entry.card.title;
// Every segment of a batch is a run of its own: its id tells its pictures from those beside them.
const placeOf = ({ card, index }) => card.segment === null ? String(index + 1) : index ? `${card.segment} ${index + 1}` : card.segment;
const addressOf = (entry) => `${entry.card.id}/${entry.index}`;
const STATUSES = ["saved", "failed", "unknown", "waiting"];
const DEFAULTS = { q: "", status: "", provider: "", style: "", run: "", sort: "newest", view: "runs", show: "" };

// Full width and half width, capitals and small letters are the same to a search.
const plain = (text) => text.normalize("NFKC").toLowerCase();
function haystack(entry) {
  if (entry.haystack === undefined) {
    const { card } = entry;
    entry.haystack = plain([entry.prompt, entry.subject, entry.heading, entry.model, entry.error, card.title, card.id, card.batch, card.segment]
      .filter(Boolean).join("\n"));
  }
  return entry.haystack;
}

const TESTS = {
  status: (entry, value) => entry.status === value,
  provider: (entry, value) => (entry.provider || "-") === value,
  style: (entry, value) => (entry.card.style || "-") === value,
  run: (entry, value) => entry.card.id === value || entry.card.group === value,
};

// The entries that pass every filter but the one named, in the order asked for.
function matching(state, except = "") {
  const words = plain(state.q).split(/\s+/).filter(Boolean);
  const asked = Object.keys(TESTS).filter((name) => state[name] && name !== except);
  return entries.filter((entry) => asked.every((name) => TESTS[name](entry, state[name])) && words.every((part) => haystack(entry).includes(part)));
}

// Runs, or batches, side by side as they come; the oldest first turns the groups around and not the pictures in them.
function grouped(found, sort) {
  const groups = [];
  for (const entry of found) {
    const last = groups[groups.length - 1];
    if (last && last.key === entry.card.group) last.entries.push(entry);
    else groups.push({ key: entry.card.group, card: entry.card, entries: [entry] });
  }
  return sort === "oldest" ? groups.reverse() : groups;
}

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const state = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (asked.has(name)) state[name] = asked.get(name);
  return state;
}

function writeAddress(state, { push = false } = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value !== DEFAULTS[name]) asked.set(name, value);
  const text = asked.toString();
  const address = text ? `#${text}` : location.pathname + location.search;
  history[push ? "pushState" : "replaceState"](push ? { large: true } : state.show ? history.state : null, "", address);
}

// A command as a shell takes it.
const quoted = (text) => (/^[\w.,:@%+=/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const resumeCommand = (entry) => `peitu resume ${quoted(entry.card.id)}`;
const redoCommand = (entry) => `peitu redo ${quoted(entry.card.id)} ${entry.index}`;

// Thumbnails lie in blocks at the end of the page, and a block is read when one of it comes into view.
const blocks = new Map();
function thumbnail(entry) {
  const number = Math.floor(entry.number / data.chunk);
  if (!blocks.has(number)) {
    const block = document.getElementById(`thumbnails-${number}`);
    // The page is shown before all of it is read: only a block with something behind it is whole.
    if (!block || (document.readyState === "loading" && !block.nextElementSibling)) return null;
    blocks.set(number, block.textContent.split("\n"));
  }
  const encoded = blocks.get(number)[entry.number % data.chunk];
  return encoded ? `data:image/webp;base64,${encoded}` : "";
}

let told = 0;
function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.classList.add("on");
  clearTimeout(told);
  told = setTimeout(() => place.classList.remove("on"), 1600);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", { value: text, className: "file", readOnly: true });
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(word("copied"));
}

const copyButton = (text, label) => element("button", { type: "button", className: "copy", "aria-label": word(label), onclick: () => copy(text) }, word("copy"));
const commandLine = (text) => element("div", { className: "command" }, element("code", {}, text), copyButton(text, "copyCommand"));
