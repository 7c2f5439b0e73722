// Small pieces of the document. Text enters through text nodes only, so nothing that the API says is ever read as HTML.

export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

/** An element with attributes, listeners (`onclick`) and children. `value` and `checked` are set as properties. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, Value> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  add(made, children);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") Object.assign(made, { [name]: value });
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  return made;
}

function add(to: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) add(to, child as readonly Child[]);
    else if (child instanceof Node) to.appendChild(child);
    else if (child !== null && child !== undefined && child !== false) to.appendChild(document.createTextNode(String(child)));
  }
}

/** Replaces what stands in `place`; whoever had the keyboard keeps it where an element of the same id comes back. */
export function replace(place: HTMLElement, ...children: Child[]): void {
  const focused = document.activeElement;
  const id = focused !== null && place.contains(focused) ? focused.id : "";
  const made = document.createDocumentFragment();
  add(made, children);
  place.replaceChildren(made);
  if (id !== "") document.getElementById(id)?.focus({ preventScroll: true });
}

/**
 * As `replace`, but keeps every element that only changes its text and attributes, so that focus, scrolling and a
 * selection of text stay. For links and text: listeners of what is kept are the old ones.
 */
export function refresh(place: HTMLElement, ...children: Child[]): void {
  const made = document.createElement("div");
  add(made, children);
  follow(place, made);
}

function follow(old: Node, made: Node): void {
  const wanted = [...made.childNodes];
  const focused = document.activeElement?.id ?? "";
  wanted.forEach((child, i) => {
    const kept = old.childNodes[i];
    if (kept === undefined) old.appendChild(child);
    else if (!alike(kept, child)) old.replaceChild(child, kept);
    else if (kept instanceof Element && child instanceof Element) {
      dress(kept, child);
      follow(kept, child);
    } else if (kept.nodeValue !== child.nodeValue) kept.nodeValue = child.nodeValue;
  });
  while (old.childNodes.length > wanted.length) old.lastChild!.remove();
  // a row that moved takes the keyboard with it
  if (focused !== "" && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const alike = (a: Node, b: Node): boolean => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

function dress(old: Element, made: Element): void {
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...made.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}
