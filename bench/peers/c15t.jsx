// Bundled for the page, React included or not. BANNER is written in by the bundler; c15t's purposes are its own five,
// of which these three are shown.

import { ConsentBanner, ConsentDialog, ConsentManagerProvider } from "@c15t/react";
import { createRoot } from "react-dom/client";

const options = {
  // Without its backend: nothing is fetched, and nothing is recorded anywhere but in the browser.
  mode: "offline",
  consentCategories: ["necessary", "measurement", "marketing"],
  overrides: { country: "DE" },
  legalLinks: { privacyPolicy: { href: "/privacy", label: BANNER.notice } },
  nonce: document.querySelector("script[nonce]")?.nonce,
};

const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(
  <ConsentManagerProvider options={options}>
    <ConsentBanner title={BANNER.title} description={BANNER.text} />
    <ConsentDialog />
  </ConsentManagerProvider>,
);
