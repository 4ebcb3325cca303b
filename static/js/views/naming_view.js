/** The dialog that asks for a name. It stays open, with what was typed, until the name is accepted. */
import { words } from "../language.js";
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

  /** Asks for a name and calls `done(name)`, which has to lead to close() or refuse(). The person cannot
   * cancel if a name is `needed`. */
  ask({ name, error = "", needed, done }) {
    this.done = done;
    this.field.value = name;
    this.cancel.hidden = needed;
    this.title.textContent = needed ? words.whatIsYourName : words.changeYourName;
    this.submit.textContent = needed ? words.continue : words.save;
    this.refuse(error);
  }

  /** The name was not accepted; `sentence` says why. */
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
