// The page: what stands in the address is what is shown.

import { h, fill } from "/viewer/dom.js";
import { hasRoute } from "/viewer/api.js";
import { key, onSignOut, signOut } from "/viewer/session.js";
import { link, place } from "/viewer/router.js";
import { listen } from "/viewer/keyboard.js";
import { showHelp } from "/viewer/help.js";
import { icon, stitch } from "/viewer/icons.js";
import { isDark, restore, toggle } from "/viewer/theme.js";
import { signInPage } from "/viewer/sign-in.js";
import { ListPage } from "/viewer/list.js";
import { TracePage } from "/viewer/trace.js";
import { AgentPage, AgentsPage } from "/viewer/agents.js";

const STATES = { live: "Live", polling: "Every 5 s", waiting: "Reconnecting" };

const app = document.getElementById("app");
let page;
// Why nobody is signed in; it stays until somebody is, wherever in the page they go meanwhile.
let farewell = "";

function show() {
  const { path, query } = place();
  page?.close();
  document.title = path[0] === "traces" && path[1] ? `${path[1].slice(0, 60)} · WhyOps` : "WhyOps";
  if (!key()) {
    signInAgain();
    return;
  }
  farewell = "";
  const onState = (state) => showState(state);
  if (path[0] === "traces" && path[1] !== undefined) page = new TracePage({ id: path.slice(1).join("/"), query, onState });
  else if (path[0] === "agents" && path[1] !== undefined) page = new AgentPage({ id: path[1], query });
  else if (path[0] === "agents") page = new AgentsPage();
  else page = new ListPage({ query, onState });
  fill(app, bar(path[0] ?? "traces"), page.element);
  showState("");
}

function bar(section) {
  const entry = (name, label) => h("a", { class: "nav", href: link([name]), "aria-current": name === section ? "page" : undefined }, label);
  const agents = entry("agents", "Agents");
  agents.hidden = true;
  hasRoute("entities").then((is) => { agents.hidden = !is; });
  const theme = h("button", { class: "icon-button", type: "button", title: "Light or dark (t)", "aria-label": "Light or dark", onclick: () => changeTheme() }, icon(isDark() ? "sun" : "moon"));
  theme.id = "theme";
  return h("header", { class: "bar-top" },
    h("a", { class: "brand", href: link(["traces"]), "aria-label": "WhyOps, all traces" }, stitch(26, 17), h("span", {}, "WhyOps")),
    h("nav", { "aria-label": "Sections" }, entry("traces", "Traces"), agents),
    h("span", { class: "grow" }),
    h("span", { class: "state", id: "state", role: "status", hidden: true }),
    theme,
    h("button", { class: "icon-button", type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: showHelp }, icon("help")),
    h("button", { class: "icon-button", type: "button", title: "Sign out", "aria-label": "Sign out", onclick: () => signOut() }, icon("leave")));
}

function showState(state) {
  const box = document.getElementById("state");
  if (!box) return;
  box.hidden = !STATES[state];
  box.className = `state ${state}`;
  fill(box, h("span", { class: "state-dot" }), STATES[state] ?? "");
}

function changeTheme() {
  toggle();
  const button = document.getElementById("theme");
  if (button) fill(button, icon(isDark() ? "sun" : "moon"));
}

function signInAgain() {
  page?.close();
  page = signInPage({ reason: farewell, onDone: show });
  fill(app, page.element);
  page.focus();
}

const general = { help: showHelp, theme: changeTheme };

restore();
onSignOut((reason) => {
  farewell = reason;
  signInAgain();
});
listen((name) => page?.actions?.[name] ?? general[name]);
addEventListener("hashchange", show);
show();
