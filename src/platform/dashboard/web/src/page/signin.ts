// Signing in: by name and password, or where the platform knows one by the single sign-on.

import { Refused } from "../api/http";
import { OIDC, signIn } from "../api/session";
import { h, replace } from "../dom";
import { said } from "../language";
import { field } from "../part/dialog";
import { link, pass } from "../router";
import { renew, session } from "../session";
import type { Opened, View } from "../view";
import { w } from "../words/desk";
import { w as list } from "../words/list";
import { page as pageName } from "../words/shell";

export async function open({ place }: View): Promise<Opened> {
  const { ways } = session();
  const failed = new URLSearchParams(location.search).get("sign_in");
  const problem = h("p", { class: "trouble", role: "alert", hidden: failed === null }, failed === "not_granted" ? w("notGranted") : w("oidcFailed"));
  // told once
  if (failed !== null) history.replaceState(null, "", location.pathname + location.hash);
  const button = h("button", { id: "sign-in", type: "submit", class: "primary" }, w("signIn"));
  const form = h("form", { class: "card form sign-in" },
    field(w("name"), h("input", { id: "name", name: "name", autocomplete: "username", required: true, maxlength: "128" })),
    field(w("password"), h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: "1024" })),
    h("div", { class: "buttons" }, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    const given = new FormData(form);
    signIn(String(given.get("name")), String(given.get("password")))
      .then(async () => {
        await renew();
        pass(back(place.query.get("to")));
      })
      .catch((error: unknown) => {
        replace(problem, error instanceof Refused ? said(error.text) : list("failed"));
        problem.hidden = false;
      })
      .finally(() => (button.disabled = false));
  });
  return {
    title: pageName("signin"),
    content: [
      problem,
      ...(ways.includes("password") ? [form] : []),
      ...(ways.includes("oidc") ? [h("p", { class: "sign-in" }, h("a", { class: "button", id: "oidc", href: OIDC }, w("oidc")))] : []),
    ],
  };
}

/** Only to a page of ours: what stands in the address may come from anyone. */
const back = (to: string | null): string => (to !== null && to.startsWith("#/") && !to.startsWith("#/signin") ? to : link("overview"));
