// The records: packed in blocks, unpacked when a page or a search needs them. All text goes in as text, never as HTML.
const facts = JSON.parse(document.getElementById("facts").textContent);
const blocks = [...document.querySelectorAll("script.block")];
const unpacked = new Map(), folded = new Map();
const unpack = async (element) => {
  const packed = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};
const lines = async (block) => {
  if (!unpacked.has(block)) unpacked.set(block, (await unpack(blocks[block])).split("\n"));
  return unpacked.get(block);
};
const fold = (text) => text.normalize("NFKC").toLowerCase();
const searched = async (block) => {
  if (!folded.has(block)) folded.set(block, (await lines(block)).map(fold));
  return folded.get(block);
};
const say = (pair) => pair[shown() === "ja" ? 1 : 0];
const add = (parent, name, text, kind) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return parent.appendChild(element);
};
const field = (module, name) => say((facts.modules[module] || {fields: {}}).fields[name] || [name, name]);
const rule = (name) => say(facts.rules[name] || [name, name]);
const value = (parent, text, kind) => add(parent, "span", text === null ? say(facts.words.empty) : text, text === null ? "soft" : kind);

const line = (parent, label, kind) => {
  const element = add(parent, "p", undefined, "values" + (kind ? " " + kind : ""));
  add(element, "b", label + ": ");
  return element;
};
const written = (parent, module, action, fields) => {
  if (action === "create") {
    const all = add(parent, "p", undefined, "values");
    fields.forEach(([name, text], place) => {
      if (place) all.append("  ·  ");
      add(all, "b", field(module, name) + " ");
      all.append(text === null ? say(facts.words.empty) : text);
    });
    return;
  }
  for (const [name, text, old] of fields) {
    const one = line(parent, field(module, name));
    value(one, old, "old");
    one.append("  →  ");
    value(one, text, "new");
  }
};
const record = (row) => {
  const [module, mailbox, action, title, hint, code, at, fields, remarks, notes] = row;
  const element = add(document.createDocumentFragment(), "div", undefined, "record");
  add(element, "span", say(facts.actions[action]), "badge " + facts.actionNames[action]);
  const head = add(element, "h4", title || "–");
  add(head, "small", [hint, say((facts.modules[module] || {label: ["", ""]}).label), facts.mailboxes[mailbox]].filter(Boolean).join(" · "));
  const body = add(element, "div", undefined, "body");
  if (code) add(body, "p", (at ? field(module, at) + ": " : "") + say(facts.codes[code] || [code, code]), "values note");
  if (fields.length) written(body, module, facts.actionNames[action], fields);
  for (const [name, what, ours, theirs] of remarks) {
    const one = line(body, field(module, name), "note");
    one.append(rule(what));
    if (ours !== null) { one.append(" — " + say(facts.words.ours) + ": "); value(one, ours); }
    if (theirs !== null) { one.append(" — " + say(facts.words.kept) + ": "); value(one, theirs); }
  }
  for (const [kind, name, what, old, text] of notes) {
    const one = line(body, say(facts.words[kind]) + (name ? ", " + field(module, name) : ""));
    one.append(rule(what));
    if (kind === "cut_value") { one.append(" — "); value(one, old, "old"); one.append("  →  "); value(one, Array.isArray(text) ? say(text) : text); }
    else if (text !== null) one.append(" — " + text);
  }
  return element;
};

const list = document.getElementById("records"), count = document.getElementById("count");
const [text, module, mailbox, kind, size] = ["search", "module", "mailbox", "kind", "size"].map((id) => document.getElementById(id));
let heads = [], found = [], page = 0, asked = 0;
const fits = ([row_module, row_mailbox, row_action, flags]) =>
  (module.value === "" || row_module === Number(module.value)) &&
  (mailbox.value === "" || row_mailbox === Number(mailbox.value)) &&
  (kind.value === "" || (kind.value[0] === "a" ? row_action === Number(kind.value.slice(1)) : (flags & Number(kind.value.slice(1))) !== 0));
const search = async () => {
  const mine = ++asked, wanted = fold(text.value.trim()).split(/\s+/).filter(Boolean).map((word) => JSON.stringify(word).slice(1, -1));
  const hits = [];
  for (let block = 0; block < blocks.length; block++) {
    const first = block * facts.block, last = Math.min(first + facts.block, heads.length);
    const texts = wanted.length ? await searched(block) : null;
    if (mine !== asked) return;
    for (let row = first; row < last; row++) if (fits(heads[row]) && (!texts || wanted.every((word) => texts[row - first].includes(word)))) hits.push(row);
  }
  found = hits;
  page = 0;
  await show();
};
const show = async () => {
  const mine = asked, rows = Number(size.value), pages = Math.max(1, Math.ceil(found.length / rows)), part = found.slice(page * rows, (page + 1) * rows);
  const elements = [];
  for (const row of part) elements.push(record(JSON.parse((await lines(Math.floor(row / facts.block)))[row % facts.block])));
  if (mine !== asked) return;
  list.replaceChildren(...elements);
  if (!elements.length) add(list, "p", say(facts.words.none_found), "soft");
  const [from, to] = [page * rows + 1, page * rows + part.length];
  count.textContent = found.length ? `${from.toLocaleString("en")}–${to.toLocaleString("en")} / ${found.length.toLocaleString("en")}` : "0";
  document.getElementById("previous").disabled = page === 0;
  document.getElementById("next").disabled = page + 1 >= pages;
};
const turn = (by) => () => { page += by; show().then(() => document.getElementById("list").scrollIntoView()); };
let wait = 0;
text.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(search, 150); });
for (const one of [module, mailbox, kind]) one.addEventListener("change", search);
size.addEventListener("change", () => { page = 0; show(); });
document.getElementById("previous").addEventListener("click", turn(-1));
document.getElementById("next").addEventListener("click", turn(1));
document.addEventListener("language", show);
unpack(document.getElementById("heads")).then((packed) => {
  for (const [module, mailbox, action, flags, times] of JSON.parse(packed)) for (let n = 0; n < times; n++) heads.push([module, mailbox, action, flags]);
  return search();
}).then(() => { root.dataset.ready = "yes"; });
