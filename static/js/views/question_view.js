/** A dialog with a question and two answers, before something that cannot be undone. */
export class QuestionView {
  constructor(dialog) {
    this.dialog = dialog;
    this.text = dialog.querySelector("p");
    [this.no, this.yes] = dialog.querySelectorAll("button");
    for (const button of [this.no, this.yes]) {
      button.addEventListener("click", () => {
        dialog.close();
        if (button === this.yes) this.act();
      });
    }
  }

  /** `no` and `yes` are the words of the buttons; `act()` is called if the answer is `yes`. */
  ask(text, no, yes, act) {
    this.act = act;
    this.text.textContent = text;
    this.no.textContent = no;
    this.yes.textContent = yes;
    if (!this.dialog.open) this.dialog.showModal();
  }
}
