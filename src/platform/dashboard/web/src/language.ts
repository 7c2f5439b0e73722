// The two languages: which one is chosen, and tables of words.

export type Language = "zh" | "en";

/** A message of the API in both languages. */
export interface Text {
  zh: string;
  en: string;
}

const REMEMBERED = "mujun.language";

function initial(): Language {
  try {
    const kept = localStorage.getItem(REMEMBERED);
    if (kept === "zh" || kept === "en") return kept;
  } catch {
    // storage is off: the browser's language decides each time
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let language = initial();

export function current(): Language {
  return language;
}

export function choose(next: Language): void {
  language = next;
  try {
    localStorage.setItem(REMEMBERED, next);
  } catch {
    // not remembered, still used
  }
}

export function said(text: Text): string {
  return text[language];
}

export type Words = Record<string, readonly [zh: string, en: string]>;

/** Reads a table of words in the language that is chosen when a word is asked for. */
export function words<T extends Words>(table: T): (name: keyof T) => string {
  return (name) => table[name]![language === "zh" ? 0 : 1];
}

/** The same for codes of the API, of which a newer platform may have more: an unknown code stands for itself. */
export function codes(table: Words): (code: string) => string {
  return (code) => (Object.hasOwn(table, code) ? table[code]![language === "zh" ? 0 : 1] : code);
}
