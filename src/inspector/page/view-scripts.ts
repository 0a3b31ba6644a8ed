/** Script with the views of the page, and with the functions that open them. */
export const VIEWS = `
import { ask, button, confirmation, during, field, make, references, say, submit, table } from "./inspector.js";

const view = document.getElementById("view");
let about = {};

const day = (time) => time === undefined ? undefined : time.replace("T", " ").replace(/:[0-9.]+Z$/, " UTC");
const show = (title, ...children) => view.replaceChildren(make("h2", {}, title), ...children);

function showScopes() {
  const { input, row } = field("Below this prefix", { placeholder: "all that is the manager's" });
  const place = make("div", {});
  const run = () => during("Counting", async () => {
    const { scopes, complete } = await ask("scopes?" + new URLSearchParams({ prefix: input.value }));
    const below = ({ prefix, scope }) => (scope === "" ? prefix : prefix + "/" + scope);
    place.replaceChildren(table("Scopes", [
      { title: "Scope", of: (one) => button(below(one), () => open("objects", below(one) + "/"), "link") },
      { title: "Objects", isNumber: true, of: ({ objects }) => objects },
      { title: "Bytes", isNumber: true, of: ({ bytes }) => bytes },
      { title: "Oldest", of: ({ oldest }) => day(oldest) },
      { title: "Newest", of: ({ newest }) => day(newest) },
      { title: "Expires", of: ({ expires }) => day(expires) },
      { title: "Readers done", of: ({ done }) => done?.join(", ") },
      ...(about.allowDelete ? [{ title: "Release", of: (one) => one.scope === "" ? "" : button("Release", () => release(one)) }] : []),
    ], scopes).element);
    say(scopes.length + " scopes" + (complete ? "." : ", and more: say a prefix."));
  });
  const release = ({ scope, prefix }) => {
    const box = confirmation("Release the scope", scope, () => during("Releasing", async () => {
      const { deleted } = await ask("release", { scope, prefix, confirm: scope });
      await run();
      say(deleted + " objects deleted.");
    }));
    place.prepend(box);
    box.querySelector("input").focus();
  };
  show("Scopes", row, submit("Count", [input], run), place);
  void run();
}

function showObjects(prefix = "") {
  const { input, row } = field("Paths begin with", { value: prefix });
  const place = make("div", {});
  const detail = make("div", {});
  let listed;
  const page = (after) => during("Listing", async () => {
    const { objects, next } = await ask("objects?" + new URLSearchParams({ prefix: input.value, ...(after && { after }) }));
    if (after === undefined) {
      listed = table("Objects", [
        { title: "Path", of: ({ path }) => button(path, () => inspect(path), "link") },
        { title: "Bytes", isNumber: true, of: ({ size }) => size },
        { title: "Kind", of: ({ kind }) => kind },
        { title: "Written", of: ({ lastModified }) => day(lastModified) },
        { title: "Expires", of: ({ expires }) => day(expires) },
      ], []);
      detail.replaceChildren();
    }
    objects.forEach(listed.add);
    place.replaceChildren(listed.element, ...(next === undefined ? [] : [button("More", () => page(next))]));
    say(listed.body.rows.length + " objects" + (next === undefined ? "." : ", and more."));
  });
  const inspect = (path) => during("Reading", async () => {
    const { object, entries, note, moreEntries } = await ask("object?" + new URLSearchParams({ path }));
    const strip = make("div", { class: "strip", role: "img", "aria-label": entries.length + " entries in " + object.size + " bytes" });
    for (const { offset, size, contentType } of entries) {
      const part = make("span", { title: contentType + ", " + size + " bytes at " + offset });
      part.style.flexGrow = size;
      strip.append(part);
    }
    const place = make("div", {});
    const { element } = table("Entries" + (moreEntries > 0 ? ", and " + moreEntries + " more" : ""), [
      { title: "At", isNumber: true, of: ({ offset }) => offset },
      { title: "Bytes", isNumber: true, of: ({ size }) => size },
      { title: "Type", of: ({ contentType, schema }) => contentType + (schema === undefined ? "" : " " + schema) },
      { title: "References", of: (entry) => entry.references.length === 0 ? "none" : button(
        entry.references.length + entry.moreReferences + " references",
        () => place.replaceChildren(references(entry.references, entry.moreReferences)),
      ) },
    ], entries);
    const heading = make("h2", { tabindex: "-1" }, object.path);
    const facts = [object.kind, object.size + " bytes", day(object.lastModified), object.expires && "expires " + day(object.expires), note];
    detail.replaceChildren(heading, make("p", {}, facts.filter(Boolean).join(" · ")), ...(entries.length === 0 ? [] : [strip, element, place]));
    if (about.allowDelete) detail.append(confirmation("Delete the object", path, () => during("Deleting", async () => {
      await ask("delete", { path, confirm: path });
      await page();
    })));
    heading.focus();
  });
  show("Objects", row, submit("List", [input], () => page()), place, detail);
  void page();
}

function showPayload() {
  const { input, row } = field("A payload, or a message, as JSON", {}, "textarea");
  const place = make("div", {});
  const run = () => during("Drawing", async () => {
    const { svg, size, inlineSize, entries, moreEntries, problem, ...found } = await ask("plan", input.value);
    place.replaceChildren();
    if (problem !== undefined) place.append(make("p", {}, problem.code + ": " + problem.message));
    else {
      const src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
      place.append(
        make("p", {}, size + " bytes before, " + inlineSize + " bytes after"),
        make("img", { src, alt: "The payload by bytes. What leaves is in the table below." }),
        table("What leaves" + (moreEntries > 0 ? ", and " + moreEntries + " more" : ""), [
          { title: "Path", of: ({ path }) => path },
          { title: "Kind", of: ({ kind }) => kind },
          { title: "Bytes", isNumber: true, of: ({ size }) => size },
        ], entries).element,
      );
    }
    place.append(references(found.references, found.moreReferences));
  });
  show("Payload", row, button("Draw", run), place);
}

function showCollector() {
  const { input, row } = field("Below this prefix", { placeholder: "all that is the manager's" });
  const place = make("div", {});
  const run = () => during("Looking", async () => {
    const { report, objects, moreObjects } = await ask("collect", { prefix: input.value });
    const { scanned, deleted, deletedBytes, complete } = report;
    place.replaceChildren(table("What would become of each" + (moreObjects > 0 ? ", and " + moreObjects + " more" : ""), [
      { title: "Outcome", of: ({ outcome }) => outcome === "deleted" ? "would go" : outcome },
      { title: "Bytes", isNumber: true, of: ({ size }) => size },
      { title: "Path", of: ({ path }) => path },
    ], objects).element);
    say(scanned + " objects seen, " + deleted + " would go (" + deletedBytes + " bytes)" + (complete ? "." : "; there are more."));
  });
  show("Collector", make("p", {}, "A dry run: nothing is deleted."), row, submit("Look", [input], run), place);
}

function showDoctor() {
  const place = make("div", {});
  const word = (answer) => answer === undefined ? undefined : answer ? "yes" : "no";
  const run = () => during("Trying", async () => {
    const { findings, verdict, capability } = await ask("doctor", {});
    place.replaceChildren(
      make("p", {}, verdict),
      table("Findings", [
        { title: "Probe", of: ({ probe }) => probe },
        { title: "Declared", of: ({ declared }) => word(declared) },
        { title: "Seen", of: ({ seen }) => word(seen) },
        { title: "Verdict", of: ({ verdict }) => verdict },
        { title: "ms", isNumber: true, of: ({ ms }) => ms },
        { title: "Note", of: ({ note }) => note },
      ], findings).element,
      make("pre", { tabindex: "0" }, JSON.stringify(capability, null, 2)),
    );
  });
  show("Doctor", make("p", {}, "It writes objects of its own, and deletes them."), button("Try the store", run), place);
}

let source;

function showEvents() {
  const most = 200;
  const { element, add, body } = table("Events", [
    { title: "Operation", of: ({ operation }) => operation },
    { title: "Outcome", of: ({ outcome, code }) => code ?? outcome },
    { title: "Store", of: ({ store }) => store },
    { title: "Bytes", isNumber: true, of: ({ bytes }) => bytes },
    { title: "ms", isNumber: true, of: ({ durationMs }) => Math.round(durationMs * 10) / 10 },
  ], []);
  source = new EventSource("api/events");
  source.onopen = () => say("Listening.");
  source.onerror = () => say("Not connected.");
  source.onmessage = ({ data }) => {
    add(JSON.parse(data));
    body.prepend(body.lastChild);
    if (body.rows.length > most) body.lastChild.remove();
  };
  show("Events", make("p", {}, "What managers of this process do, the newest first."), element);
}

const VIEWS = { scopes: showScopes, objects: showObjects, payload: showPayload, collector: showCollector, doctor: showDoctor, events: showEvents };

function open(name, detail) {
  source?.close();
  source = undefined;
  say("");
  document.getElementById("problem").textContent = "";
  for (const link of document.querySelectorAll("nav button")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  VIEWS[name](detail);
  view.focus();
}

async function enter() {
  about = await ask("about");
  document.getElementById("store").textContent = (about.store ?? "no store") + (about.allowDelete ? ", and it may delete" : ", read only");
  document.getElementById("views").replaceChildren(...Object.keys(VIEWS).map((name) =>
    make("button", { type: "button", "data-view": name, onclick: () => open(name) }, name[0].toUpperCase() + name.slice(1))));
  open("scopes");
}

function showEntrance() {
  const { input, row } = field("Token", { type: "password" });
  const run = () => during("Opening", async () => {
    await ask("session", { token: input.value });
    await enter();
  });
  const onsubmit = (event) => {
    event.preventDefault();
    void run();
  };
  show("Who are you?", make("form", { onsubmit }, row, make("button", {}, "Open")));
  input.focus();
}

async function arrive() {
  // The token is in no address that stays, and in none that is sent.
  const token = location.hash.slice(1);
  if (token !== "") history.replaceState(null, "", location.pathname);
  try {
    if (token !== "") await ask("session", { token });
    await enter();
  } catch {
    showEntrance();
  }
}

// An address with a token, opened where the page is already, loads nothing anew.
addEventListener("hashchange", arrive);
await arrive();
`;
