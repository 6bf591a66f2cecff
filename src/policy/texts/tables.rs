//! Which texts there are, in three tables by where they are used.

use super::fill;
use serde::Serialize;
use std::borrow::Cow;

macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: Cow<'static, str>,)* }

        impl $name {
            pub(super) const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];

            pub(super) fn slot(&mut self, key: &str) -> Option<&mut Cow<'static, str>> {
                match key {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// The same with placeholders filled in.
            #[must_use]
            pub fn filled(&self, values: &[(&str, &str)]) -> Self {
                Self { $($field: Cow::Owned(fill(&self.$field, values)),)* }
            }
        }
    };
}

table!(
    /// What the dialogs show word for word; the hash of a notice covers all of it.
    Words {
        /// Heading of the first layer.
        banner_title,
        /// Its text. Knows `{site}`, `{controller}`, `{purposes}` and `{open}`.
        banner_text,
        /// Link to the privacy notice.
        privacy_notice,
        /// Button that refuses everything optional.
        reject_all,
        /// Button that agrees to everything optional.
        accept_all,
        /// Button that leads to the second layer.
        choose,
        /// The control that opens the second layer at any time.
        open,
        /// Heading of the second layer.
        preferences_title,
        /// Its text. Knows `{site}`, `{controller}`, `{lifetime}` and `{refusal_lifetime}`.
        preferences_text,
        /// What each button does. Knows `{save}`, `{reject_all}` and `{accept_all}`.
        buttons_text,
        /// Button that keeps what is ticked.
        save,
        /// Button that closes the second layer and changes nothing.
        close,
        /// Marks a purpose that cannot be refused.
        always_on,
        /// Opens the details of a purpose.
        details,
        /// Label of the lawful basis.
        basis,
        /// Label of who receives the data.
        recipient,
        /// Label of a transfer.
        transfer,
        /// Label of cookies.
        cookies,
        /// Label of local and session storage.
        storage,
        /// Heading of the data section.
        data_title,
        /// Its text. Knows `{site}` and `{controller}`.
        data_text,
        /// Button that downloads.
        download,
        /// What stays after erasure. Knows `{proof}` and `{ground}`.
        proof_text,
        /// Label of the box that confirms erasure.
        erase_confirm,
        /// Button that erases.
        erase,
        /// Label of the controller.
        controller,
        /// Label of the data protection officer.
        dpo,
        /// Label of the representative in the Union.
        representative,
    }
);

table!(
    /// Pieces that dates, lists and vocabulary are put into words with. A period's text has its plural forms
    /// separated by `|`.
    Terms {
        /// Between the items of a list.
        list_separator,
        /// A cookie and how long it stays. Knows `{name}` and `{lifetime}`.
        cookie,
        /// A party and its country, or a country and a safeguard. Knows `{first}` and `{second}`.
        pair,
        /// Until the browser closes.
        session,
        /// Years.
        years,
        /// Months.
        months,
        /// Weeks.
        weeks,
        /// Days.
        days,
        /// Hours.
        hours,
        /// Minutes.
        minutes,
        /// Seconds.
        seconds,
        /// GDPR Article 6(1)(a).
        basis_consent,
        /// GDPR Article 6(1)(b).
        basis_contract,
        /// GDPR Article 6(1)(c).
        basis_legal_obligation,
        /// GDPR Article 6(1)(d).
        basis_vital_interests,
        /// GDPR Article 6(1)(e).
        basis_public_task,
        /// GDPR Article 6(1)(f).
        basis_legitimate_interests,
        /// GDPR Article 45.
        safeguard_adequacy_decision,
        /// GDPR Article 46(2)(c).
        safeguard_standard_contractual_clauses,
        /// GDPR Article 47.
        safeguard_binding_corporate_rules,
        /// GDPR Article 46(2)(e).
        safeguard_code_of_conduct,
        /// GDPR Article 46(2)(f).
        safeguard_certification,
        /// GDPR Article 49(1)(a).
        safeguard_explicit_consent,
    }
);

table!(
    /// What the edge answers a form with, where there is no JavaScript.
    Replies {
        /// Link back to where the person came from. Knows `{site}`.
        back,
        /// Heading after erasure.
        erased_title,
        /// What was erased. Knows `{n}`.
        erased_text,
        /// What was kept. Knows `{what}`, `{ground}` and `{until}`.
        kept_text,
        /// Heading when something failed.
        failed_title,
        /// What to do then.
        failed_text,
        /// Heading when what was asked about has changed meanwhile.
        changed_title,
        /// What to do then.
        changed_text,
    }
);
