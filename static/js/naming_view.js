/** The dialog that asks for a name. */
export class NamingView {
  constructor(dialog) {
    this.dialog = dialog;
    this.field = dialog.querySelector("input");
    this.error = dialog.querySelector(".error");
    this.button = dialog.querySelector("[type=button]");
    this.button.addEventListener("click", () => dialog.close());
    dialog.addEventListener("cancel", (event) => this.button.hidden && event.preventDefault());
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = this.field.value.trim();
      if (!name) return;
      dialog.close();
      this.done(name);
    });
  }

  /** Asks; `done(name)`. Without `needed` the person may cancel. */
  ask({ name, error = "", needed, done }) {
    this.done = done;
    this.field.value = name;
    this.error.textContent = error;
    this.button.hidden = needed;
    if (!this.dialog.open) this.dialog.showModal();
    this.field.select();
  }
}
