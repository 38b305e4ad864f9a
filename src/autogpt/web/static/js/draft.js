/** Keeps what is being written: at once in this browser, soon after on the server; and tells of other windows' changes. */

import { ApiError, get, request } from "./api.js";
import { t } from "./translate.js";

const SOON = 400;
const AGAIN = 4000;

/** The draft of one document. `read` and `write` are for the form, `tell` for its line of status. */
export class Draft {
  constructor({ path, key, draft, versionId, read, write, tell, onConflict, onVersion }) {
    Object.assign(this, { path, key, versionId, read, write, tell, onConflict, onVersion });
    this.version = draft.version;
    this.kept = draft.content;
    this.dirty = false;
    this.theirs = null;
    this.sending = null;
    this.channel = new BroadcastChannel(key);
    this.channel.onmessage = ({ data }) => this.#meet(data);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.look());
  }

  /** What this browser kept and the server may not have; null without anything. */
  get local() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  /** Something was written. */
  changed() {
    this.dirty = true;
    this.#store();
    if (this.theirs) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.push(), SOON);
  }

  /** Send what is not kept yet; resolves once it is, or cannot be. */
  async push() {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    if (!this.dirty || this.theirs) return;
    this.sending = this.#send();
    await this.sending;
    this.sending = null;
  }

  /** Whether another window, or another device, kept something else meanwhile. */
  async look() {
    if (this.sending) return;
    try {
      this.#meet(await get(this.path));
    } catch {
      // It is looked for again the next time.
    }
  }

  /** Show that there are two; nothing is kept until one was chosen. */
  conflict(theirs) {
    this.theirs = theirs;
    clearTimeout(this.timer);
    this.onConflict(theirs);
  }

  /** Go on with the other one. */
  takeTheirs() {
    this.version = this.theirs.version;
    this.onVersion(this.version);
    this.write(this.theirs.content);
    this.theirs = null;
    this.dirty = false;
    this.#store();
  }

  /** Go on with this one, which takes the place of the other. */
  keepMine() {
    this.version = this.theirs.version;
    this.onVersion(this.version);
    this.theirs = null;
    this.dirty = true;
    return this.push();
  }

  /** Forget what this browser kept: it was saved. */
  forget() {
    localStorage.removeItem(this.key);
  }

  async #send() {
    const content = this.read();
    this.dirty = false;
    const body = JSON.stringify({ ...content, version: this.version, version_id: this.versionId });
    try {
      const headers = { "Content-Type": "application/json" };
      const kept = await (await request(this.path, { method: "PUT", headers, body, keepalive: body.length < 60000 })).json();
      this.version = kept.version;
      this.onVersion(kept.version);
      this.kept = kept.content;
      this.#store();
      this.channel.postMessage(kept);
      if (!this.dirty) this.tell(t("Kept as a draft."));
    } catch (error) {
      this.dirty = true;
      this.#store();
      if (error instanceof ApiError && error.status === 409) this.conflict(await get(this.path));
      else {
        this.tell(t("Not kept on the server yet, only in this browser. {why}", { why: error.message }));
        this.timer = setTimeout(() => this.push(), AGAIN);
      }
    }
  }

  #meet(theirs) {
    if (theirs.version <= this.version || this.theirs) return;
    if (this.dirty || this.sending) {
      this.conflict(theirs);
      return;
    }
    this.version = theirs.version;
    this.onVersion(this.version);
    this.write(theirs.content);
    this.tell(t("Taken over from another window."));
  }

  #store() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ version: this.version, content: this.read(), dirty: this.dirty || Boolean(this.theirs) }));
    } catch {
      // Full, or not allowed: the server still keeps it.
    }
  }
}
