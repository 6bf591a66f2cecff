//! English.

use super::{Interface, Replies, Terms, Words};
use std::borrow::Cow;

/// ISO 3166-1 codes with English short names, one a line; also the list of codes there are.
pub(super) const COUNTRIES: &str = include_str!("countries.en.txt");

/// The English interface.
pub(super) fn interface() -> Interface {
    Interface {
        words: WORDS,
        terms: TERMS,
        replies: REPLIES,
        countries: COUNTRIES,
        plural: |n| usize::from(n != 1),
    }
}

const fn t(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

const WORDS: Words = Words {
    banner_title: t("May we use optional cookies?"),
    banner_text: t(
        "{site} uses what it needs to work. Only if you agree, it also stores and reads data on your \
                    device for: {purposes}. You can change your mind at any time under \u{201c}{open}\u{201d}.",
    ),
    privacy_notice: t("Privacy notice"),
    reject_all: t("Reject all"),
    accept_all: t("Accept all"),
    choose: t("Choose"),
    open: t("Privacy choices"),
    preferences_title: t("Privacy choices"),
    preferences_text: t(
        "Nothing optional runs on {site} until you agree to it. What you agree to holds for \
                         {lifetime} at most; withdrawing it here takes one click and works at once.",
    ),
    buttons_text: t(
        "\u{201c}{save}\u{201d} keeps exactly what is ticked. \u{201c}{reject_all}\u{201d} refuses \
                     everything optional and withdraws what you agreed to before. \u{201c}{accept_all}\u{201d} \
                     agrees to everything optional.",
    ),
    save: t("Save"),
    close: t("Close"),
    always_on: t("Always on"),
    details: t("Details"),
    basis: t("Legal basis"),
    recipient: t("Recipient"),
    transfer: t("Transfer"),
    cookies: t("Cookies"),
    storage: t("Browser storage"),
    data_title: t("Your data"),
    data_text: t(
        "See what {site} keeps about the choices made on this device, or have it erased. You need no \
                  account.",
    ),
    download: t("Download my data"),
    proof_text: t("After erasure a minimal proof remains for {proof}: {ground}."),
    erase_confirm: t("Yes, erase what is kept about this device"),
    erase: t("Erase my data"),
    controller: t("Responsible"),
    dpo: t("Data protection officer"),
    representative: t("Representative in the EU"),
};

const TERMS: Terms = Terms {
    list_separator: t(", "),
    cookie: t("{name} ({lifetime})"),
    pair: t("{first}, {second}"),
    session: t("until you close the browser"),
    years: t("{n} year|{n} years"),
    months: t("{n} month|{n} months"),
    weeks: t("{n} week|{n} weeks"),
    days: t("{n} day|{n} days"),
    hours: t("{n} hour|{n} hours"),
    minutes: t("{n} minute|{n} minutes"),
    seconds: t("{n} second|{n} seconds"),
    basis_consent: t("your consent"),
    basis_contract: t("a contract with you, or steps you asked for"),
    basis_legal_obligation: t("a legal obligation"),
    basis_vital_interests: t("the protection of someone\u{2019}s life"),
    basis_public_task: t("a task in the public interest"),
    basis_legitimate_interests: t("legitimate interests"),
    safeguard_adequacy_decision: t("adequacy decision of the European Commission"),
    safeguard_standard_contractual_clauses: t("standard contractual clauses"),
    safeguard_binding_corporate_rules: t("binding corporate rules"),
    safeguard_code_of_conduct: t("approved code of conduct"),
    safeguard_certification: t("approved certification"),
    safeguard_explicit_consent: t("your explicit consent"),
};

const REPLIES: Replies = Replies {
    back: t("Back to {site}"),
    erased_title: t("Your data has been erased"),
    erased_text: t("Records erased: {n}."),
    kept_text: t("Kept until {until}: {what}. Reason: {ground}."),
    failed_title: t("That did not work"),
    failed_text: t("Nothing was changed, and everything optional stays off. Please try again."),
    changed_title: t("Please choose again"),
    changed_text: t(
        "What you were asked about has changed since this page was opened. Everything optional stays off \
                     until you choose.",
    ),
};
