//! Which texts there are, in six tables by where they are used.

use super::fill;
use serde::Serialize;
use std::borrow::Cow;

/// What the tables have in common.
pub(super) trait Table: Default {
    /// The keys in order.
    const KEYS: &'static [&'static str];

    /// The text of a key.
    fn slot(&mut self, key: &str) -> Option<&mut Cow<'static, str>>;

    /// The same texts, not copied.
    fn lend(&'static self) -> Self;
}

macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        pub struct $name { $($(#[$field_doc])* pub $field: Cow<'static, str>,)* }

        impl Table for $name {
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn slot(&mut self, key: &str) -> Option<&mut Cow<'static, str>> {
                match key {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            fn lend(&'static self) -> Self {
                Self { $($field: Cow::Borrowed(&self.$field),)* }
            }
        }

        impl $name {
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
    ///
    /// `{site}` and `{controller}` are known in every text of this table.
    Words {
        /// Heading of the first layer.
        banner_title,
        /// Its text. Knows `{purposes}` and `{open}`.
        banner_text,
        /// Goes on from there where purposes run unless objected to. Knows `{choose}` and `{exempt}`, the
        /// names of those purposes.
        exempt_text,
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
        /// Its text where consent is asked. Knows `{lifetime}`.
        preferences_text,
        /// Its text where purposes run unless objected to.
        objection_text,
        /// What each button does where consent is asked. Knows `{save}`, `{withdraw_all}` and `{accept_all}`.
        buttons_text,
        /// What each button does where there is only objecting. Knows `{save}` and `{object_all}`.
        objection_buttons_text,
        /// Button that keeps what is ticked.
        save,
        /// Button of the second layer that refuses everything optional and withdraws what was given.
        withdraw_all,
        /// Button of the second layer that objects to everything optional.
        object_all,
        /// Label of the box that objects to a purpose or a service.
        object,
        /// Button that closes the second layer and changes nothing.
        close,
        /// Marks a purpose that cannot be refused.
        always_on,
        /// Marks a purpose that runs until it is objected to.
        on_unless_objected,
        /// Opens the details of a purpose.
        details,
        /// Heading of the choice by service.
        services,
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
        /// Link to the privacy notice of a recipient.
        vendor_notice,
        /// Said while the browser sends Global Privacy Control. Knows `{purposes}`, those it turns off.
        gpc_text,
        /// The control that opens the second layer, under the laws of the United States.
        us_open,
        /// What those laws give people.
        us_text,
        /// Label of the box against sale and sharing (California Civil Code section 1798.135(a)(1)).
        us_sale,
        /// Label of the box that limits sensitive information (California Civil Code section 1798.135(a)(2)).
        us_limit,
        /// Heading of the data section.
        data_title,
        /// Its text.
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
    /// Pieces that dates, lists and vocabulary are put into words with.
    ///
    /// A period's text knows `{n}` and has a form for each plural category of the language, separated by
    /// `|` in CLDR's order: zero, one, two, few, many, other. Where there are fewer, the last one stands in.
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
    /// What a form is answered with: by the edge where there is no JavaScript, else on the page.
    Replies {
        /// Link back to where the person came from. Knows `{site}`.
        back,
        /// Heading after erasure.
        erased_title,
        /// What was erased. Knows `{n}`.
        erased_text,
        /// What was kept. Knows `{what}`, `{ground}` and `{until}`.
        kept_text,
        /// What that calls the proof of decisions, which outlives an erasure.
        kept_proof,
        /// What the platform could still restore after erasure.
        restore_text,
        /// Heading when something failed.
        failed_title,
        /// What to do then.
        failed_text,
        /// Heading when what was asked about has changed meanwhile.
        changed_title,
        /// What to do then.
        changed_text,
        /// Heading when a grant goes against what the person said before.
        confirm_title,
        /// What is asked then. Knows `{site}` and `{purposes}`.
        confirm_text,
        /// Button that grants all the same.
        confirm,
    }
);

table!(
    /// What the page says by JavaScript while something happens.
    Messages {
        /// The choices are on their way to the reader.
        loading,
        /// A decision is on its way.
        working,
        /// It could not be recorded.
        failed,
        /// It waits on the device, for the site cannot be reached.
        queued,
        /// The receipt is good. Knows `{n}`, `{size}` and `{origin}`, the name of the log.
        verified,
        /// The receipt is not good. Knows `{problems}`.
        unverified,
        /// The receipt could not be looked at. Knows `{problem}`, a sentence.
        unchecked,
        /// The log is the one of before. Knows `{seen}` and `{now}`, its numbers of entries.
        unchanged,
        /// It could not be compared with the one of before. Knows `{problem}`, part of a sentence.
        uncompared,
        /// The export was started.
        exported,
        /// In place of embedded content that is held back. Knows `{service}` and `{recipient}`.
        blocked,
        /// Button that loads it this time only.
        load_once,
        /// Button that permits the service. Knows `{service}`.
        load_always,
    }
);

table!(
    /// The panel in which people use their rights.
    Rights {
        /// Heading, and the link that leads here.
        rights_title,
        /// What this is about. Knows `{site}`.
        rights_text,
        /// Heading of one's own requests.
        requests_title,
        /// Said while there are none.
        requests_none,
        /// When a request came in. Knows `{date}`.
        received,
        /// By when it is meant to be answered. Knows `{date}`.
        target,
        /// By when it is answered at the latest. Knows `{date}`.
        due,
        /// Since when it is over. Knows `{date}`.
        over,
        /// Why it takes longer. Knows `{reason}`.
        extended,
        /// Why it was refused. Knows `{reason}`.
        refused,
        /// What one may do against that: complain to an authority, and go to court (GDPR Article 12(4)).
        remedies,
        /// The same where the law knows of the authority alone.
        remedies_authority,
        /// What the site's people say. Knows `{note}`.
        note,
        /// Button that takes a request back.
        revoke,
        /// A request that is received.
        phase_received,
        /// A request that is identity pending.
        phase_identity_pending,
        /// A request that is accepted.
        phase_accepted,
        /// A request that is in progress.
        phase_in_progress,
        /// A request that is partially completed.
        phase_partially_completed,
        /// A request that is completed.
        phase_completed,
        /// A request that is refused.
        phase_refused,
        /// A request that is revoked.
        phase_revoked,
        /// The right of GDPR Article 15.
        access,
        /// What that is.
        about_access,
        /// The right of GDPR Article 20.
        portability,
        /// What that is. Knows `{site}`.
        about_portability,
        /// The right of GDPR Article 16.
        rectification,
        /// What that is.
        about_rectification,
        /// The right of GDPR Article 18.
        restriction,
        /// What that is.
        about_restriction,
        /// Label of why data is to be restricted.
        ground,
        /// A reason (GDPR Article 18(1)).
        ground_accuracy,
        /// A reason (GDPR Article 18(1)).
        ground_unlawful,
        /// A reason (GDPR Article 18(1)).
        ground_claims,
        /// A reason (GDPR Article 18(1)).
        ground_objection,
        /// Since when data is only stored. Knows `{date}`.
        restricted,
        /// When and why that ends. Knows `{date}` and `{reason}`.
        lifting,
        /// Button that ends it.
        lift,
        /// The right of GDPR Article 21.
        objection,
        /// What that is.
        about_objection,
        /// The right of GDPR Article 22(3).
        human_review,
        /// What that is.
        about_human_review,
        /// The right of GDPR Article 7(3).
        withdrawal,
        /// What that is.
        about_withdrawal,
        /// The right of GDPR Article 17.
        erasure,
        /// Label of what people say themselves.
        statement,
        /// Button that sends a request.
        send,
        /// Said once it is.
        sent,
        /// Link to the receipt of the last decision of the device.
        receipt,
        /// How far a download is, in megabytes. Knows `{done}` and `{total}`.
        copy_progress,
        /// Label of what a copy is encrypted with.
        passphrase,
        /// What that is good for.
        passphrase_text,
        /// Heading of the data that is filed under an address.
        contact_title,
        /// What that is.
        about_contact,
        /// Label of the address.
        contact,
        /// Button that has a code sent there.
        contact_send,
        /// Said once it is, whether or not the address is known.
        contact_sent,
        /// Label of the code.
        code,
        /// Button that sends it back.
        code_confirm,
        /// Said when it is not right.
        code_wrong,
        /// Said while the data under an address is shown.
        contact_shown,
        /// Button that ends that.
        contact_end,
        /// Said while the data of an account is shown.
        account_shown,
        /// Said of a request that somebody makes for the person. Knows `{agent}`.
        agent_asks,
        /// Button that confirms that they may.
        agent_confirm,
        /// Button that denies it.
        agent_deny,
        /// Why something failed: all was erased before.
        problem_erased,
        /// Why something failed: the data is kept for legal claims.
        problem_hold,
        /// Why something failed: too many requests are open.
        problem_open,
        /// Why something failed: it has to be shown better, or again, who asks.
        problem_identity,
        /// Why something failed: what it was about is not at that point any more.
        problem_moved,
        /// Why something failed: the data may only be stored.
        problem_restricted,
        /// Why something failed: there is nothing, or no longer.
        problem_gone,
        /// Why something failed: a part that it needs is not there now.
        problem_unavailable,
        /// Why something failed: it was asked for too often.
        problem_often,
        /// Why something failed: what was sent is not right.
        problem_invalid,
    }
);

table!(
    /// What the copy of a person's data says to whoever reads it.
    Copies {
        /// Its heading.
        copy_title,
        /// Heading of the purposes.
        copy_purposes,
        /// Heading of the categories.
        copy_kept,
        /// Heading of the recipients.
        copy_recipients,
        /// Heading of the decisions that are made solely by automated means (GDPR Article 22(1)).
        copy_automated,
        /// Said where the site declares that there are none.
        copy_automated_none,
        /// Label of the logic involved (GDPR Article 15(1)(h)).
        copy_logic,
        /// Label of the significance and the envisaged consequences (GDPR Article 15(1)(h)).
        copy_consequences,
        /// Label of the categories of records that are used.
        copy_used,
        /// Heading of the decisions.
        copy_decisions,
        /// Heading of the log's entries.
        copy_log,
        /// Heading of what the site's other systems hold. Knows `{site}`.
        copy_systems,
        /// What is in it.
        copy_content,
        /// Since when it is kept.
        copy_stored,
        /// Until when.
        copy_until,
        /// For how long a category is kept.
        copy_term,
        /// Where it comes from.
        copy_source,
        /// The person gave it.
        copy_provided,
        /// It was observed while they used the site. Knows `{site}`.
        copy_observed,
        /// It was concluded from other data.
        copy_derived,
        /// Somebody else gave it.
        copy_received,
        /// Heading of the list of files.
        copy_files,
        /// Heading of what is not in it.
        copy_missing,
        /// Why something is not: it is not what was stored.
        copy_damaged,
        /// Of a record that is not handed out, since the site withholds parts of it.
        copy_withheld,
        /// Why something is not: it is not there, yet or any more.
        copy_absent,
        /// Why something is not: another system is still to answer.
        copy_waiting,
        /// Why something is not: another system said no, and not why.
        copy_failed,
        /// What rights there are.
        copy_rights,
    }
);
