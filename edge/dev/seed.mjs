// A little real traffic for the demo.
export async function seed(site) {
  for (const path of ["/", "/", "/"]) await (await fetch(site + path)).text();
}
