// Asking a gateway's archive for a stretch of time again.

import { recall } from "../../api/desk";
import { h, replace } from "../../dom";
import { ask, field } from "../../part/dialog";
import { time } from "../../part/figure";
import { banner } from "../../shell";
import { w } from "../../words/desk";

const DAY_MS = 86_400_000;

export function askRecall(gateway: string, from = Date.now() - DAY_MS, until = Date.now()): void {
  const moment = (name: string, ms: number) => h("input", { name, type: "datetime-local", required: true, value: time(ms).slice(0, 16).replace(" ", "T") });
  ask(`${w("recallTitle")}: ${gateway}`, [field(w("from"), moment("from", from)), field(w("until"), moment("until", until))], w("recall"), async (form) => {
    await recall(gateway, instant(form, "from"), instant(form, "until"));
    replace(banner, w("recallSent"));
    banner.hidden = false;
  });
}

/** The field holds China Standard Time, wherever the reader is. */
const instant = (form: FormData, name: string): number => Date.parse(`${String(form.get(name))}:00+08:00`);
