// Keys. A page offers what it can do by name; keys of fields and of the browser stay theirs.

const KEYS = {
  j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Enter: "open", "/": "search", Escape: "leave", "?": "help",
  1: "timeline", 2: "graph", t: "theme", f: "findings", Home: "first", End: "last", PageDown: "pageDown", PageUp: "pageUp",
};

/** What can be pressed, for the help. */
export const HELP = [
  [["j", "k"], "Next, previous"],
  [["Enter"], "Open what is selected"],
  [["Esc"], "Close, go back"],
  [["/"], "Search"],
  [["1", "2"], "Timeline, graph"],
  [["f"], "Findings of a trace"],
  [["Home", "End"], "First, last"],
  [["t"], "Light or dark"],
  [["?"], "This help"],
];

/** `find(name)` gives the action of a name, or nothing. */
export function listen(find) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const name = KEYS[event.key];
    if (!name) return;
    const inField = event.target.matches("input, select, textarea, summary, dialog, dialog *");
    if (inField && !(name === "leave" && event.target.matches("input, select, textarea"))) return;
    // A button or a link that has the focus is what Enter opens.
    if (name === "open" && event.target.matches("button:not(.row, .event, .card), a:not(.row)")) return;
    if (inField) {
      event.target.blur();
      return;
    }
    const action = find(name);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
