/** Tags that wait for permission, and where tags load from. */

import { page } from "./state.js";

/** Whatever waits: our own marks, and those of Klaro, Cookiebot and Orejime. */
export const WAITING =
  ":is([data-category],[data-service],[data-name],[data-cookieconsent])" +
  ':is([type="text/plain"],[data-src],[data-href],[data-srcset]),template[data-purpose]';

/** Every tag still inert that is ours to judge. */
export const waiting = () => [...document.querySelectorAll<HTMLElement>(WAITING)];

/** Where a tag loads from, or would. */
export const address = (tag: HTMLElement): string => {
  const { src, href } = tag.dataset;
  const own = tag as { src?: string; href?: string; data?: string };
  return src || href || own.src || own.href || own.data || "";
};

/** The service a tag belongs to by its host. */
export const serviceOf = (tag: HTMLElement) => {
  const link = document.createElement("a");
  link.href = address(tag);
  return page.plan_.services.find(({ hosts }) => hosts.includes(link.host))?.id;
};

/** What a tag waits for: its service, if it has one, and the purposes it names, `!` before one to be refused. */
export function needs(tag: HTMLElement): [number, string[]] {
  const { category, cookieconsent, purpose, service, name } = tag.dataset;
  const { services } = page.plan_;
  const index = (wanted?: string) => services.findIndex(({ id }) => id === wanted);
  const j = index(service ?? name);
  return [j < 0 ? index(serviceOf(tag)) : j, (category ?? cookieconsent ?? purpose ?? "").match(/[^\s,]+/g) ?? []];
}
