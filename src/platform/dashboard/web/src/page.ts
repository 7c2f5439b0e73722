// Small pieces of the document. Text enters through textContent only.

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, text = "", name = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name !== "") made.className = name;
  return made;
}

/** Writes only what changed, so that a selection of text survives the refresh. */
export function write(cell: HTMLElement, text: string, title = "", name = ""): void {
  if (cell.textContent !== text) cell.textContent = text;
  if (cell.title !== title) cell.title = title;
  if (cell.className !== name) cell.className = name;
}

export function options(select: HTMLSelectElement, entries: readonly (readonly [string, string])[]): void {
  const wanted = entries.map(([value, text]) => `${value}\u0000${text}`).join("\u0001");
  if (select.dataset.shown === wanted) return;
  const chosen = select.value;
  select.replaceChildren(
    ...entries.map(([value, text]) => {
      const option = make("option", text);
      option.value = value;
      return option;
    }),
  );
  if (entries.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.shown = wanted;
}
