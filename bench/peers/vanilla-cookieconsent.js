// Bundled for the page. PURPOSES and BANNER are written in by the bundler.

import { run } from "vanilla-cookieconsent";

run({
  // Its default hides it from every automated browser, this one included.
  hideFromBots: false,
  categories: Object.fromEntries(
    PURPOSES.map(({ id, essential }) => [id, essential ? { enabled: true, readOnly: true } : {}]),
  ),
  language: {
    default: "en",
    translations: {
      en: {
        consentModal: {
          title: BANNER.title,
          description: BANNER.text,
          acceptAllBtn: BANNER.accept,
          acceptNecessaryBtn: BANNER.reject,
          showPreferencesBtn: BANNER.choose,
          footer: `<a href="/privacy">${BANNER.notice}</a>`,
        },
        preferencesModal: {
          title: BANNER.choose,
          acceptAllBtn: BANNER.accept,
          acceptNecessaryBtn: BANNER.reject,
          savePreferencesBtn: BANNER.save,
          closeIconLabel: "Close",
          sections: PURPOSES.map(({ id, name, description }) => ({ title: name, description, linkedCategory: id })),
        },
      },
    },
  },
});
