// The grid: every row's place is computed, and only rows near the window are in the page.
const grid = document.getElementById("grid");
const GAP = 14;
const AHEAD_PX = 700;
let laidOut = 0;
let printing = false;
let shown = { pieces: [], tiles: [], order: [], height: 0 };
const standing = new Map();

const ratio = (entry) => Math.min(2.6, Math.max(0.42, entry.width && entry.height ? entry.width / entry.height : 1));

// Sizes for a window: a square tile fits a whole number of times, so that the runs below one another align.
function measure(width, view) {
  const beside = view === "runs" && width >= 820;
  const left = beside ? Math.min(280, Math.round(width * 0.2)) : 0;
  const room = width - (beside ? left + 36 : 0);
  const wanted = view === "wall" ? 176 : 232;
  const across = Math.max(2, Math.round((room + GAP) / (wanted + GAP)));
  const side = (room - (across - 1) * GAP) / across;
  return { beside, left, room, side, start: width - room, label: view === "wall" ? 0 : 25 };
}

// Fill rows as a printer sets lines: a row that is nearly full is stretched to the edge.
function rowsOf(list, size) {
  const rows = [];
  let row = [];
  let taken = 0;
  const close = (full) => {
    const natural = taken - (row.length - 1) * GAP;
    const factor = (size.room - (row.length - 1) * GAP) / natural;
    const height = full || factor < 1.2 ? size.side * Math.min(factor, 1.5) : size.side;
    rows.push({ height, tiles: row.map((entry) => ({ entry, width: Math.min(size.room, height * ratio(entry)) })) });
    row = [];
    taken = 0;
  };
  for (const [position, entry] of list.entries()) {
    const width = size.side * ratio(entry);
    if (row.length && taken + GAP + width > size.room * 1.04) {
      // One more is squeezed in where that changes the row less than stretching it, and rather than left alone at the end.
      const natural = taken - (row.length - 1) * GAP;
      const stretch = (size.room - (row.length - 1) * GAP) / natural;
      const squeeze = (size.room - row.length * GAP) / (natural + width);
      const lonely = position === list.length - 1 && squeeze > 0.7 && stretch > 1.03;
      if (!lonely && stretch * squeeze <= 1) close(true);
    }
    taken += (row.length ? GAP : 0) + width;
    row.push(entry);
  }
  if (row.length) close(false);
  return rows;
}

// Lay everything out; a piece is an element to be: a rule, a heading or a tile.
function arrange(groups, view) {
  const size = measure(grid.clientWidth, view);
  const bands = view === "wall" ? [{ key: "", entries: groups.flatMap((group) => group.entries) }] : groups;
  const made = { pieces: [], tiles: [], order: [], height: 0, rows: [] };
  let y = 0;
  for (const band of bands) {
    const headHeight = band.card ? (size.beside ? 150 : 88) : 0;
    const from = y;
    if (band.card) {
      if (y) made.pieces.push({ key: `rule ${band.key}`, kind: "rule", y, height: 1 });
      made.pieces.push({ key: `head ${band.key}`, kind: "head", y, height: headHeight, width: size.beside ? size.left : size.room, beside: size.beside, band });
    }
    y += size.beside || !band.card ? 24 : headHeight;
    for (const row of rowsOf(band.entries, size)) {
      let x = size.start;
      const line = [];
      for (const tile of row.tiles) {
        const piece = { key: tile.entry.number, kind: "tile", x, y, width: tile.width, frame: row.height, height: row.height + size.label, entry: tile.entry, row: made.rows.length };
        line.push(piece);
        made.pieces.push(piece);
        made.order.push(tile.entry);
        x += tile.width + GAP;
      }
      made.rows.push(line);
      y += row.height + size.label + GAP;
    }
    y = Math.max(y + 8, from + (size.beside ? headHeight + 8 : 0));
  }
  made.height = y;
  made.place = new Map(made.pieces.filter((piece) => piece.kind === "tile").map((piece) => [piece.key, piece]));
  made.number = new Map(made.order.map((entry, position) => [entry.number, position]));
  return made;
}

function draw(groups, view) {
  laidOut = grid.clientWidth;
  shown = arrange(groups, view);
  grid.style.height = `${shown.height}px`;
  for (const made of standing.values()) made.remove();
  standing.clear();
  paint();
}

// Put into the page what is near the window, and take out what is not; what has the focus stays. Paper has no window.
function paint(everything = printing) {
  const top = window.scrollY - grid.offsetTop - AHEAD_PX;
  const bottom = top + window.innerHeight + 2 * AHEAD_PX;
  const wanted = new Set();
  for (let number = everything ? 0 : firstBelow(top); number < shown.pieces.length; number += 1) {
    const piece = shown.pieces[number];
    if (!everything && piece.y > bottom) break;
    wanted.add(piece.key);
    if (!standing.has(piece.key)) stand(piece);
  }
  for (const [key, made] of standing) {
    if (!wanted.has(key) && !made.contains(document.activeElement)) {
      made.remove();
      standing.delete(key);
    }
  }
}

// The pieces are in order of their place, but for a heading, which is as high as its row: look a little further up.
function firstBelow(top) {
  let low = 0;
  let high = shown.pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shown.pieces[middle].y + 400 < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

function stand(piece) {
  const made = piece.kind === "tile" ? tileOf(piece) : piece.kind === "head" ? headOf(piece) : element("div", { className: "rule" });
  if (piece.beside) made.classList.add("beside");
  made.style.transform = `translate(${piece.x || 0}px, ${piece.y}px)`;
  if (piece.width) made.style.width = `${piece.width}px`;
  if (piece.kind === "head") made.style.height = `${piece.height}px`;
  standing.set(piece.key, made);
  grid.append(made);
}

function headOf({ band }) {
  const { card, entries: list } = band;
  const saved = list.filter((entry) => entry.status === "saved").length;
  const title = card.batch ? `${word("batch")} ${card.batch}` : card.title || card.id;
  const facts = [card.style || null, word("pictures")(list.length)].filter(Boolean).join(" · ");
  const short = saved < list.length ? element("span", { className: "short" }, word("lacking")(saved, list.length)) : null;
  return element("div", { className: "head" },
    element("h2", { lang: tongue(title) }, element("button", { type: "button", onclick: () => { change({ run: card.group }); focusTile(entries[current]); } }, title)),
    element("p", {}, element("span", {}, when(card.started)), element("span", {}, facts), short),
    element("p", { className: "id" }, card.group));
}

function tileOf({ entry, frame }) {
  const picture = element("span", { className: "frame" });
  picture.style.height = `${frame}px`;
  fill(picture, entry);
  const name = nameOf(entry);
  const told = `${shown.number.get(entry.number) + 1} / ${shown.order.length}: ${name} (${statusWord(entry)})`;
  const label = shown.rows.length && state.view === "runs" ? element("span", { className: "label", lang: tongue(name) }, element("b", {}, placeOf(entry)), name) : null;
  const button = element("button", { type: "button", "aria-label": told, title: name, tabIndex: entry.number === current ? 0 : -1, onclick: () => openLarge(entry) }, picture, label);
  button.dataset.entry = entry.number;
  return element("div", { className: `tile ${entry.status}` }, button);
}

// The picture of a tile, or why there is none; `null` from `thumbnail` means that the page is still being read.
function fill(picture, entry) {
  const source = entry.status === "saved" ? thumbnail(entry) : "";
  picture.dataset.waits = source === null ? entry.number : "";
  if (source) picture.replaceChildren(element("img", { src: source, alt: "", decoding: "async" }));
  else if (source === "") picture.replaceChildren(element("span", { className: "blank" }, element("b", {}, statusWord(entry)), element("span", {}, entry.error || entry.path || "")));
}
