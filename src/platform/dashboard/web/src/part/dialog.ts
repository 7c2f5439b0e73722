// Dialogs: the browser's own, which keep the keyboard inside and give it back.

import { Refused } from "../api/http";
import { h, replace, type Child } from "../dom";
import { said } from "../language";
import { w } from "../words/list";

/** Asks, and stays open until `send` went well or the reader gives up. */
export function ask(title: string, fields: Child, action: string, send: (form: FormData) => Promise<void>): void {
  const problem = h("p", { class: "trouble", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: "primary" }, action);
  const form = h("form", { method: "dialog" },
    h("h2", { id: "dialog-title" }, title), fields, problem,
    h("div", { class: "buttons" }, submit, h("button", { type: "button", onclick: () => dialog.close() }, w("cancel"))),
  );
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    send(new FormData(form))
      .then(() => dialog.close())
      .catch((error: unknown) => {
        replace(problem, error instanceof Refused ? said(error.text) : w("failed"));
        problem.hidden = false;
      })
      .finally(() => (submit.disabled = false));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export function field(label: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, label), control);
}
