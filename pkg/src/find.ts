import { page } from "./state.js";
import type { Dialogs, Plan } from "./types.js";

/** What a page without a plan knows of where it comes from, and for whom. */
export interface Wanted {
  /** The address of the privacy routes. */
  base_: string | URL;
  locale_?: string | undefined;
  age_?: string | undefined;
}

/** The plan of a page that carries none, with its dialogs: what the edge says. */
export async function find({ base_, locale_, age_ }: Wanted): Promise<Plan> {
  const locale = locale_ || document.documentElement.lang || navigator.language;
  const asked = "banner?locale=" + locale + (age_ ? "&age=" + age_ : "");
  const dialogs = (await (await fetch(new URL(asked, new URL(base_, document.baseURI)))).json()) as Dialogs & { detail: string };
  if (!dialogs.plan) throw dialogs.detail;
  page.dialogs_ = dialogs;
  return dialogs.plan;
}
