// What a visitor sees and can do, apart from the cases that use it: selectors live here only.

/** A page of the shop with its banner, preferences and "your data". */
export class ConsentPage {
  constructor(page, site) {
    this.page = page;
    this.site = site;
    this.banner = page.locator("#consentry");
    this.rejectAll = this.banner.locator('button[value="reject-all"]');
    this.acceptAll = this.banner.locator('button[value="accept-all"]');
    this.choose = this.banner.locator('button[value="choose"]');
    this.choices = this.banner.locator('button[name="choice"]');
    this.bannerStatus = this.banner.locator('[role="status"]');
    this.preferences = page.locator("#consentry-preferences");
    this.close = page.locator("#consentry-close");
    this.save = this.preferences.locator('button[value="selection"]');
    this.preferencesReject = this.preferences.locator('button[value="reject-all"]');
    this.preferencesAccept = this.preferences.locator('button[value="accept-all"]');
    this.open = page.locator("#consentry-open");
    this.data = page.locator("#consentry-data");
    this.download = this.data.locator('form[action$="/exports"] button');
    this.confirmErasure = this.data.locator('[name="confirm"]');
    this.eraseButton = this.data.locator('form[action$="/erasure"] button');
    this.status = page.locator("#consentry-status");
    this.proof = page.locator("#consentry-proof");
  }

  async visit(path = "/") {
    await this.page.goto(this.site + path);
    await this.ready();
  }

  async ready() {
    await this.page.evaluate(() => window.consentry?.ready);
  }

  purpose(id) {
    return this.preferences.locator(`[name="purpose"][value="${id}"]`);
  }

  /** Opens the preferences by the control that is always there. They are fetched the first time. */
  async reopen() {
    await this.open.click();
    await this.preferences.waitFor();
  }

  /** Opens the preferences from the first layer. */
  async openPreferences() {
    await this.choose.click();
    await this.preferences.waitFor();
  }

  /** Resolves once the receipt was checked; says what is said of it. */
  async untilProved() {
    await this.page.waitForFunction(() => document.getElementById("consentry-proof")?.textContent);
    return this.proof.textContent();
  }

  /** The plan the page was given. */
  plan() {
    return this.page.evaluate(() => JSON.parse(document.getElementById("consentry-plan").textContent));
  }

  isModal() {
    return this.preferences.evaluate((dialog) => dialog.matches(":modal"));
  }

  given() {
    return this.page.evaluate(() => window.consentry.given());
  }

  /** Resolves once exactly these purposes are permitted. */
  async untilGiven(...purposes) {
    const expected = purposes.join();
    await this.page.waitForFunction((list) => window.consentry?.given?.().join() === list, expected);
  }

  async cookies() {
    return (await this.page.context().cookies(this.site)).map(({ name }) => name).sort();
  }

  /** Resolves once the edge's answer has set the decision cookie. */
  async untilDecided() {
    await this.page.waitForFunction(() => /(^|; )consentry=2\./.test(document.cookie));
  }

  /** Everything a script of this origin could have stored. */
  stored() {
    return this.page.evaluate(async () => ({
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
    }));
  }

  /** Where the focus is: an id, else a button's value, else the element's name. */
  focus() {
    return this.page.evaluate(() => {
      const { id, value, name, tagName } = document.activeElement;
      return id || value || name || tagName;
    });
  }
}
