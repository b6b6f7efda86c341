// What stands above the turns: the title and the introduction, in Markdown, shown and changed in a dialog.

import { messageOf, request } from "./server.js";

const $ = id => document.getElementById(id);

export class Opening {
  #shown = { title: "", intro: "" };

  constructor({ model, notices, announce }) {
    Object.assign(this, { model, notices, announce });
    $("edit-opening").onclick = () => this.#edit(this.#shown);
    $("opening-dialog").addEventListener("close", () => this.#onClose());
    $("opening-title").addEventListener("keydown", event => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault(); // else it cancels
      $("opening-dialog").close("ok");
    });
  }

  show({ title, intro }) {
    this.#shown = { title, intro };
    document.title = `${title} – transcript`;
    $("title").textContent = title;
    $("intro").textContent = intro;
  }

  #edit({ title, intro }) {
    $("opening-title").value = title;
    $("opening-intro").value = intro;
    $("opening-dialog").returnValue = "";
    $("opening-dialog").showModal();
  }

  async #onClose() {
    const before = this.#shown, title = $("opening-title").value.trim().replace(/\s+/g, " ");
    const now = { title: title || before.title, intro: $("opening-intro").value.trim() };
    const isSame = now.title === before.title && now.intro === before.intro;
    if ($("opening-dialog").returnValue !== "ok" || isSame || !await this.#save(now, before)) return;
    this.model.remember({ undo: () => this.#save(before, now), redo: () => this.#save(now, before) });
  }

  /** Save a title and introduction; whether that was done. */
  async #save(now, before) {
    const response = await request("/api/opening", { now, before }).catch(() => null);
    if (!response?.ok) {
      const message = response ? await messageOf(response) : "no connection to the editor's server";
      this.notices.tell("opening", `The title and the introduction were not saved: ${message}.`, [["Edit again", () => this.#edit(now)]]);
      return false;
    }
    this.notices.hide("opening");
    this.show(now);
    this.announce("Saved");
    return true;
  }
}
