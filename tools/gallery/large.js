// The large view: one picture with all that is known of it.
const large = document.getElementById("large");
const part = (name) => document.getElementById(name);
let open = null;
let seen = null;  // what the large view shows of the open entry: itself, or an older version

function openLarge(entry, { push = true } = {}) {
  current = entry.number;
  open = entry;
  fillLarge(entry);
  if (!large.open) {
    large.showModal();
    part("panel").focus({ preventScroll: true });
  }
  state.show = addressOf(entry);
  writeAddress(state, { push });
}

// Closing goes back in the history where opening went forward, so that a phone's back button does the same.
function closeLarge() {
  if (!open) return;
  if (history.state && history.state.large) history.back();
  else {
    state.show = "";
    writeAddress(state);
    hideLarge();
  }
}

function hideLarge() {
  const entry = open;
  open = null;
  seen = null;
  if (large.open) large.close();
  part("picture").removeAttribute("src");
  fit();
  if (entry && shown.place.has(entry.number)) focusTile(entry);
}

function step(by) {
  const place = shown.order[(shown.number.get(open.number) ?? 0) + by];
  if (place) openLarge(place, { push: false });
}

function fillLarge(entry) {
  const name = nameOf(entry);
  const position = shown.number.get(entry.number);
  const title = part("large-title");
  title.textContent = name;
  title.lang = tongue(name);
  part("place").textContent = position === undefined ? "" : `${position + 1} / ${shown.order.length}`;
  part("previous").disabled = !position;
  part("next").disabled = position === undefined || position === shown.order.length - 1;
  const { card } = entry;
  // A run of one prompt is called like its picture: the name stands above already.
  const called = card.title && card.title !== name ? card.title : "";
  const all = element("button", { type: "button", lang: tongue(called), onclick: () => { hideLarge(); change({ run: card.id, show: "" }); } }, called || card.id);
  part("large-run").replaceChildren(all, called ? ` · ${card.id}` : "");
  look(entry);
  part("panel").scrollTop = 0;
}

function look(version) {
  seen = version;
  showPicture(version, nameOf(version));
  showProblem(version);
  part("facts").replaceChildren(...factsOf(version));
}

// All versions of the picture side by side, the newest first; the one that is looked at is marked.
function versionsOf(entry) {
  const newest = entry.newest || entry;
  if (!newest.older) return [];
  const buttons = [newest, ...newest.older].map((version) => {
    const name = version.version ? word("version")(version.version) : statusWord(version);
    const small = version.status === "saved" ? thumbnail(version) : "";
    return element("button", { type: "button", className: "version", "aria-pressed": String(version === entry), "aria-label": name,
      onclick: () => { look(version); part("facts").querySelector(".version[aria-pressed='true']").focus({ preventScroll: true }); } },
      small ? element("img", { src: small, alt: "" }) : null, element("span", {}, name));
  });
  return [element("h3", {}, word("versions")), element("div", { className: "versions", role: "group", "aria-label": word("versions") }, ...buttons)];
}

// The file itself, with the small copy under it until it is there, or in its stead where it is gone.
function showPicture(entry, name) {
  const picture = part("picture");
  const small = entry.status === "saved" ? thumbnail(entry) : "";
  const missing = () => {
    if (seen !== entry) return;
    picture.onerror = null;
    if (small) picture.src = small;
    picture.hidden = !small;
    explain(small ? "" : statusWord(entry), small ? "" : entry.path || "");
    showProblem(entry, small ? "movedWhy" : "missingWhy");
  };
  picture.alt = name;
  picture.lang = tongue(name);
  picture.hidden = entry.status !== "saved";
  picture.onerror = missing;
  large.classList.toggle("bare", entry.status !== "saved");
  picture.style.backgroundImage = small ? `url("${small}")` : "";
  picture.style.setProperty("--ratio", String(entry.width && entry.height ? entry.width / entry.height : 1));
  picture.style.setProperty("--natural", `${entry.width || 1024}px`);
  explain(entry.status === "saved" ? "" : statusWord(entry), "");
  if (entry.status !== "saved") picture.removeAttribute("src");
  else if (absent(entry)) missing();
  else picture.src = entry.link;
}

function explain(title, text) {
  part("absent").hidden = !title;
  part("absent").replaceChildren(element("b", {}, title), text);
}

// What is wrong with it, why, and the command that goes on.
function showProblem(entry, found = "") {
  const place = part("problem");
  const wrong = found || (entry.status !== "saved" || entry.error ? `${entry.status}Why` : "");
  place.hidden = !wrong;
  if (!wrong) return;
  place.className = `problem ${entry.status}`;
  const reason = found ? entry.path : entry.error;
  const command = (entry.error || "").startsWith("not made anew") ? redoCommand(entry) : resumeCommand(entry);
  const onward = found ? [] : [element("span", {}, `${word("continueWith")}:`), commandLine(command)];
  // Sending it again may cost twice, so that comes last and says so.
  if (entry.status === "unknown") onward.push(element("span", {}, `${word("sendAgain")}:`), commandLine(`${resumeCommand(entry)} --resubmit`));
  place.replaceChildren(element("b", {}, word(wrong)), element("p", {}, reason || ""), ...onward);
}

function factsOf(entry) {
  const { card } = entry;
  const size = entry.width ? `${entry.width} × ${entry.height} px` : "";
  const weight = entry.bytes ? (entry.bytes < 1e6 ? `${Math.max(1, Math.round(entry.bytes / 1e3))} KB` : `${(entry.bytes / 1e6).toFixed(1)} MB`) : "";
  const list = element("dl", {}, ...[
    ["heading", entry.heading], ["provider", entry.provider && providerWord(entry.provider)], ["model", entry.model], ["style", entry.version > 1 ? "" : card.style || word("noStyle")],
    ["seed", entry.seed], ["size", [size, weight].filter(Boolean).join(" · ")], ["attempts", entry.attempts],
    ["duration", entry.duration === undefined ? "" : word("seconds")(entry.duration)],
    ["made", when(entry.made || card.started)], ["batch", card.batch], ["segment", card.segment],
  ].filter(([, value]) => value !== undefined && value !== null && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, word(name)), element("dd", { lang: tongue(String(value)) }, String(value))]));
  const facts = versionsOf(entry);
  if (entry.prompt) facts.push(titled("prompt", copyButton(entry.prompt, "copyPrompt")), element("p", { className: "text", lang: tongue(entry.prompt) }, entry.prompt));
  facts.push(list);
  if (entry.path && entry.status === "saved") facts.push(titled("file", copyButton(entry.path, "copyPath")), fileOf(entry));
  if (entry.url) facts.push(titled("link", copyButton(entry.url, "copyLink")), linkTo(entry.url, entry.url));
  facts.push(titled("again", null), commandLine(redoCommand(entry)));
  return facts;
}

const titled = (name, button) => element("h3", {}, word(name), button);
const fileOf = (entry) => (absent(entry) ? element("span", { className: "file" }, entry.path) : linkTo(entry.link, entry.path));

// Only addresses of the web and of files become links: a record may hold anything.
function linkTo(address, text) {
  const safe = /^(https?:\/\/|file:\/\/\/|[^:?#]*(?:[/?#]|$))/i.test(address);
  return safe ? element("a", { className: "file", href: address, target: "_blank", rel: "noopener noreferrer" }, text) : element("span", { className: "file" }, text);
}
