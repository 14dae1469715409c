// Numbers and times as people read them.

const count = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,345`; what is not there is nothing. */
export function number(value) {
  return typeof value === "number" ? count.format(value) : "";
}

/** `12.3K` */
export function compact(value) {
  if (typeof value !== "number") return "";
  return value < 10000 ? count.format(value) : short.format(value);
}

/** Milliseconds as `840 ms`, `4.2 s`, `3 m 20 s`, `5 h 2 m`, `3 d`. */
export function duration(value) {
  if (typeof value !== "number") return "";
  const ms = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (ms < 1000) return `${sign}${Math.round(ms)} ms`;
  if (ms < 10000) return `${sign}${(ms / 1000).toFixed(1)} s`;
  if (ms < 59500) return `${sign}${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (seconds < 86400) return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
  return `${sign}${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** `just now`, `4 min ago`, `3 h ago`, else the day. */
export function ago(stamp, now = Date.now()) {
  const time = Date.parse(stamp);
  if (Number.isNaN(time)) return "";
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

/** The moment in the reader's own time, to the millisecond. */
export function moment(stamp) {
  const time = new Date(stamp);
  if (Number.isNaN(time.getTime())) return String(stamp ?? "");
  const two = (value) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}` +
    `.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** US dollars, with as many digits as a small sum needs. */
export function dollars(value) {
  if (typeof value !== "number") return "";
  if (value === 0) return "$0";
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(value < 1 ? 3 : 2)}`;
}

/** A long id with its middle left out. */
export function brief(id, length = 13) {
  const scalars = Array.from(id);
  return scalars.length <= length + 3 ? id : `${scalars.slice(0, length).join("")}…`;
}

/** `1 event`, `2 events` */
export function plural(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}
