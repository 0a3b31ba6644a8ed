/**
 * Script with the functions that all views share. It shows data from the store as text only, and never parses it as
 * markup.
 */
export const SCRIPT = `
const byId = (id) => document.getElementById(id);

export function say(text) {
  byId("status").textContent = text;
}

function complain(text) {
  byId("problem").textContent = text;
}

/** An element. A property that begins with "on" is a listener; other children than elements become text. */
export function make(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/** Asks the inspector. Rejects with what it says when it refuses. */
export async function ask(path, body) {
  const isRead = body === undefined;
  const response = await fetch("api/" + path, isRead ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text === "" ? {} : JSON.parse(text);
  if (response.ok) return answer;
  throw Object.assign(new Error(answer.code + ": " + answer.message), { status: response.status });
}

/** Does what takes a while, and says how it went. */
export async function during(what, work) {
  complain("");
  say(what + " …");
  document.body.setAttribute("aria-busy", "true");
  try {
    await work();
    if (byId("status").textContent === what + " …") say(what + ": done.");
  } catch (error) {
    say("");
    complain(error instanceof TypeError ? "The inspector does not answer." : error.message);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

export function button(text, onclick, className) {
  return make("button", { type: "button", class: className, onclick }, text);
}

let fields = 0;

/** An input and its label. */
export function field(label, properties = {}, name = "input") {
  const id = "field-" + ++fields;
  const input = make(name, { id, autocomplete: "off", spellcheck: "false", ...properties });
  return { input, row: make("div", {}, make("label", { for: id }, label), input) };
}

/** A button that Enter in any of the inputs presses too. */
export function submit(text, inputs, run) {
  for (const input of inputs) input.addEventListener("keydown", (event) => event.key === "Enter" && run());
  return button(text, run);
}

/** A table that scrolls by itself where it is wider than the page. */
export function table(caption, columns, rows) {
  const head = columns.map(({ title, isNumber }) => make("th", { scope: "col", class: isNumber && "number" }, title));
  const body = make("tbody", {});
  const add = (row) => {
    const cells = columns.map(({ of, isNumber }) => make("td", { class: isNumber && "number" }, of(row) ?? "–"));
    body.append(make("tr", {}, ...cells));
  };
  rows.forEach(add);
  const all = make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...head)), body);
  return { add, body, element: make("div", { class: "wide", role: "region", tabindex: "0", "aria-label": caption }, all) };
}

/** Asks for a name to be typed before something is taken away. */
export function confirmation(what, name, run) {
  const { input, row } = field("Type " + name + " to confirm");
  const go = submit(what, [input], () => {
    if (input.value === name) void run();
    else complain("What was typed is not " + name + ". Nothing was changed.");
  });
  return make("fieldset", {}, make("legend", {}, what), row, go);
}

// A browser takes a second to lay out a million characters.
const MOST_TEXT = 50_000;

/** A text, and a button for more of it where it is long. */
function longText(text) {
  const pre = make("pre", { tabindex: "0" });
  const place = make("div", {}, pre);
  let shown = 0;
  const more = button("More of it", () => {
    const end = shown + MOST_TEXT;
    pre.append(text.slice(shown, end));
    shown = end;
    if (shown >= text.length) more.remove();
  });
  if (text.length > MOST_TEXT) place.append(more);
  more.click();
  return place;
}

/** References, each with a button that shows what it leads to. */
export function references(found, more) {
  const place = make("div", {});
  const show = (reference) => during("Resolving", async () => {
    const { text } = await ask("resolve", { reference });
    place.replaceChildren(make("h2", { tabindex: "-1" }, "What it leads to"), longText(text));
    place.firstChild.focus();
  });
  const { element } = table("References" + (more > 0 ? ", and " + more + " more" : ""), [
    { title: "At", of: ({ at }) => at },
    { title: "Object", of: ({ reference }) => reference.$storageRef ?? reference.$bubuStorageRef },
    { title: "Bytes", isNumber: true, of: ({ reference }) => reference.$storageSize },
    { title: "Value", of: ({ reference }) => button("Show", () => show(reference)) },
  ], found);
  return found.length === 0 ? make("p", {}, "There are no references in it.") : make("div", {}, element, place);
}
`;
