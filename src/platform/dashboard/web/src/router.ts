// Where the reader is: `#/page/argument?key=value`. Every state of a page that matters stands in its address.

export interface Place {
  page: string;
  args: string[];
  query: URLSearchParams;
}

/** What goes along from one page to the next. */
const CARRIED = ["period", "basis"] as const;

export type Query = Record<string, string | number | null | undefined>;

export function here(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [page = "", ...args] = path.split("/").map(decode);
  return { page: page === "" ? "overview" : page, args, query: new URLSearchParams(query) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of another page. */
export function link(path: string, query: Query = {}): string {
  const carried = here().query;
  const all = new URLSearchParams();
  for (const key of CARRIED) if (carried.get(key)) all.set(key, carried.get(key)!);
  return address(path, all, query);
}

/** The address of this page with other values; a null value takes its key away. */
export function changed(query: Query): string {
  const { page, args, query: old } = here();
  return address([page, ...args].map(encodeURIComponent).join("/"), new URLSearchParams(old), query);
}

function address(path: string, all: URLSearchParams, query: Query): string {
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") all.delete(key);
    else all.set(key, String(value));
  }
  const text = all.toString();
  return text === "" ? `#/${path}` : `#/${path}?${text}`;
}

export function go(to: string): void {
  if (location.hash === to) window.dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = to;
}

/** As `go`, but the way back skips where we are. */
export function pass(to: string): void {
  location.replace(to);
}
