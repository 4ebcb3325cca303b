/** The dialog that asks for a name. It stays open until the name is taken, with what was typed. */
import { nameFault } from "../models/refusals.js";

export class NamingView {
  constructor(dialog) {
    this.dialog = dialog;
    this.title = dialog.querySelector("h2");
    this.field = dialog.querySelector("input");
    this.error = dialog.querySelector(".error");
    this.cancel = dialog.querySelector("[type=button]");
    this.submit = dialog.querySelector("[type=submit]");
    this.cancel.addEventListener("click", () => this.close());
    this.field.addEventListener("input", () => this.#showError(""));
    dialog.addEventListener("cancel", (event) => this.cancel.hidden && event.preventDefault());
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.field.value.trim();
      const fault = nameFault(name);
      if (fault) return this.refuse(fault);
      this.submit.disabled = true;
      this.done(name);
    });
  }

  /** Asks; `done(name)`, which ends in close() or refuse(). Without `needed` the person may cancel. */
  ask({ name, error = "", needed, done }) {
    this.done = done;
    this.field.value = name;
    this.cancel.hidden = needed;
    this.title.textContent = needed ? "What is your name?" : "Change your name";
    this.submit.textContent = needed ? "Continue" : "Save";
    this.refuse(error);
  }

  /** The name cannot be had; `sentence` says why. */
  refuse(sentence) {
    if (!this.dialog.open) this.dialog.showModal();
    this.#showError(sentence);
    this.submit.disabled = false;
    this.field.select();
  }

  close() {
    this.dialog.close();
  }

  #showError(sentence) {
    this.error.textContent = sentence;
    this.field.setAttribute("aria-invalid", sentence !== "");
  }
}
