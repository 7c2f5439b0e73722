// Taking note of a warning, with what was done.

import { acknowledge, type Warning } from "../../api/dual";
import { h } from "../../dom";
import { said } from "../../language";
import { ask, field } from "../../part/dialog";
import { changed, go } from "../../router";
import { w } from "../../words/dual";

export function note(warning: Warning): void {
  const text = h("textarea", { name: "note", rows: "3", required: true, maxlength: "1000" });
  ask(w("acknowledge"), [h("p", {}, said(warning.text)), field(w("note"), text)], w("acknowledge"), async (form) => {
    await acknowledge(warning.id, String(form.get("note")));
    go(changed({}));
  });
}
