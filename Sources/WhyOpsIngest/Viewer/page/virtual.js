// A long list of rows of one height, of which only those in sight are in the document.

import { h, perFrame } from "/viewer/dom.js";

const BESIDES = 12;

/**
 * `scroller` scrolls, `count()` says how many rows there are, and `row(at)` makes one. `data-covered` of the scroller is
 * the height of what stays at its top.
 */
export class VirtualList {
  constructor({ scroller, height, count, row, onScroll }) {
    this.scroller = scroller;
    this.height = height;
    this.count = count;
    this.row = row;
    this.onScroll = onScroll ?? (() => {});
    this.body = h("div", { class: "virtual", role: "presentation" });
    this.rows = new Map();
    this.update = perFrame(() => {
      this.render();
      this.onScroll();
    });
    scroller.addEventListener("scroll", this.update, { passive: true });
    this.observer = new ResizeObserver(this.update);
    this.observer.observe(scroller);
  }

  close() {
    this.observer.disconnect();
    this.scroller.removeEventListener("scroll", this.update);
  }

  /** Makes all rows anew. */
  reset() {
    const hadFocus = [...this.rows].find(([, element]) => element.contains(document.activeElement))?.[0];
    this.rows.clear();
    this.body.replaceChildren();
    this.render();
    if (hadFocus !== undefined) this.rows.get(hadFocus)?.focus({ preventScroll: true });
  }

  /** Makes one row anew, if it is in sight. */
  renew(at) {
    const old = this.rows.get(at);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    const fresh = this.place(at);
    old.replaceWith(fresh);
    if (hadFocus) fresh.focus({ preventScroll: true });
  }

  render() {
    const count = this.count();
    this.body.style.height = `${count * this.height}px`;
    const top = this.scroller.scrollTop - this.body.offsetTop;
    const first = Math.max(0, Math.floor(top / this.height) - BESIDES);
    const last = Math.min(count - 1, Math.ceil((top + this.scroller.clientHeight) / this.height) + BESIDES);
    for (const [at, element] of this.rows) {
      if (at < first || at > last) {
        element.remove();
        this.rows.delete(at);
      }
    }
    for (let at = first; at <= last; at += 1) {
      if (!this.rows.has(at)) this.body.append(this.place(at));
    }
  }

  place(at) {
    const element = this.row(at);
    element.style.transform = `translateY(${at * this.height}px)`;
    this.rows.set(at, element);
    return element;
  }

  /** The first and the last place that can be seen, without those that only stand ready. */
  get inSight() {
    const top = this.scroller.scrollTop - this.body.offsetTop;
    const first = Math.floor(top / this.height);
    const last = Math.ceil((top + this.scroller.clientHeight) / this.height);
    return [Math.max(0, first), Math.max(0, Math.min(this.count() - 1, last))];
  }

  /** Brings a row into sight. */
  reveal(at) {
    const top = this.body.offsetTop + at * this.height;
    const room = this.scroller.clientHeight;
    const covered = Number(this.scroller.dataset.covered ?? 0);
    if (top - covered < this.scroller.scrollTop) this.scroller.scrollTop = top - covered - this.height;
    else if (top + this.height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + 2 * this.height - room;
    this.render();
  }
}
