use super::*;
use crate::decider::CallerClass;
use proptest::prelude::*;

const DAY: u64 = 86_400;

fn purpose(name: &str) -> PurposeId {
    name.parse().unwrap()
}

fn service(name: &str) -> ServiceId {
    name.parse().unwrap()
}

/// What the sample policy offers somewhere; its analytics are statistics of the site's own.
fn offer_in(region: &str, signal: bool, standing: Standing) -> Offer {
    let mut json = crate::policy::sample::json();
    json["purposes"][1]["uses"] = serde_json::json!(["statistics"]);
    offer_of(json, region, signal, standing)
}

fn offer_of(json: serde_json::Value, region: &str, signal: bool, standing: Standing) -> Offer {
    let policy = crate::policy::sample::parsed(json);
    let region: Option<Region> = region.parse().ok();
    let setting =
        crate::policy::Setting { region: region.clone(), signal, ..crate::policy::Setting::of("en") };
    let shown = Shown {
        policy: PolicyHash::from_bytes([1; 32]),
        standing,
        notice: NoticeHash::from_bytes([2; 32]),
        locale: "en".into(),
        region,
    };
    Offer::of(&policy, &crate::policy::material(&policy), &crate::policy::resolve(&policy, &setting), shown)
}

fn offer(standing: Standing) -> Offer {
    offer_in("IE", false, standing)
}

fn command(n: u8, choice: Choice, seen: u32) -> Command {
    Command {
        id: EventId::from_bytes([n; 16]),
        choice,
        offer: offer(Standing::InForce),
        seen,
        layer: Layer::Banner,
        confirmed: false,
        imported: None,
    }
}

fn in_region(region: &str, command: Command) -> Command {
    Command { offer: offer_in(region, false, Standing::InForce), ..command }
}

/// The purposes given in the offer of most tests.
fn given(state: &Standings, day: u64) -> BTreeSet<PurposeId> {
    state.choices(&offer(Standing::InForce), context(day).now).given
}

fn context(day: u64) -> Context {
    Context { now: Timestamp::from_seconds(day * DAY), random: [0; 32], caller: CallerClass::Device.into() }
}

fn only(names: &[&str]) -> Choice {
    let purposes = names.iter().map(|name| purpose(name)).collect();
    Choice::Selection(Selection { purposes, ..Selection::default() })
}

fn after(state: Standings, command: Command, day: u64) -> Standings {
    let events = Consent::decide(&state, command, &context(day)).unwrap();
    events.iter().fold(state, Consent::evolve)
}

#[test]
fn grant_withdraw_and_expire() {
    let all = after(Standings::default(), command(1, Choice::AcceptAll, 0), 1000);
    assert_eq!(given(&all, 1000).len(), 2);
    let scope = &offer(Standing::InForce).purposes[&purpose("analytics")].scope;
    assert_eq!(all.status(&purpose("analytics"), scope, context(1400).now), Some(Status::Expired));
    assert!(given(&all, 1400).is_empty(), "expiry is checked at reading");

    let withdrawn = Consent::decide(&all, command(2, Choice::RejectAll, 1), &context(1001)).unwrap();
    assert_eq!(withdrawn[0].outcomes[&purpose("analytics")], Outcome::Withdrawn);
    assert_eq!(withdrawn[0].action(), Action::ConsentWithdrawn);

    let refused =
        Consent::decide(&Standings::default(), command(3, Choice::RejectAll, 0), &context(1)).unwrap();
    assert_eq!(refused[0].action(), Action::ConsentRefused);
    assert_eq!(refused[0].outcomes[&purpose("marketing")], Outcome::Refused);
}

#[test]
fn a_grant_needs_the_policy_the_latest_decision_and_a_device() {
    let state = after(Standings::default(), command(1, Choice::RejectAll, 0), 1);
    let refusal = |command, context: &Context| Consent::decide(&state, command, context).unwrap_err();
    assert_eq!(refusal(command(2, Choice::AcceptAll, 0), &context(1)), Refusal::Stale { seq: 1 });
    let unknown = Command { offer: offer(Standing::Unknown), ..command(2, Choice::AcceptAll, 1) };
    assert_eq!(refusal(unknown, &context(1)), Refusal::PolicyChanged);
    assert_eq!(
        refusal(command(2, only(&["maps"]), 1), &context(1)),
        Refusal::UnknownPurpose(purpose("maps"))
    );
    let anyone = Context { caller: CallerClass::Anyone.into(), ..context(1) };
    assert_eq!(refusal(command(2, Choice::AcceptAll, 1), &anyone), Refusal::NoDevice);
    assert_eq!(
        refusal(command(1, Choice::RejectAll, 1), &context(1)),
        Refusal::AlreadyDecided { latest: true },
        "the same event twice"
    );
    let grace = Command { offer: offer(Standing::Grace), ..command(2, Choice::AcceptAll, 1) };
    assert!(Consent::decide(&state, grace, &context(1)).is_ok(), "a page open across a policy change");
}

#[test]
fn withdrawal_wins_even_inside_a_stale_grant() {
    let state = after(Standings::default(), command(1, only(&["analytics"]), 0), 1);
    // The page did not know the first decision; it asks for marketing and leaves analytics out.
    let events = Consent::decide(&state, command(2, only(&["marketing"]), 0), &context(2)).unwrap();
    assert_eq!(events[0].outcomes, BTreeMap::from([(purpose("analytics"), Outcome::Withdrawn)]));
    let state = events.iter().fold(state, Consent::evolve);
    assert!(given(&state, 2).is_empty());
}

#[test]
fn the_order_of_decisions_survives_a_clock_that_steps_back() {
    let state = after(Standings::default(), command(1, Choice::AcceptAll, 0), 100);
    let events = Consent::decide(&state, command(2, Choice::RejectAll, 1), &context(50)).unwrap();
    assert_eq!(events[0].at, context(100).now);
}

#[test]
fn a_lapsed_policy_or_an_unknown_page_still_takes_a_refusal() {
    let unknown = Command { offer: offer(Standing::Unknown), ..command(1, Choice::RejectAll, 99) };
    let anyone = Context { caller: CallerClass::Anyone.into(), ..context(1) };
    let events = Consent::decide(&Standings::default(), unknown, &anyone).unwrap();
    assert_eq!(events[0].standing, Standing::Unknown);
    assert_eq!(events[0].action(), Action::ConsentRefused);
}

fn selected(id: &'static str) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![Just(vec![]), Just(vec![id])]
}

fn any_command() -> impl Strategy<Value = (Command, Context)> {
    let choice = prop_oneof![
        Just(Choice::AcceptAll),
        Just(Choice::RejectAll),
        proptest::collection::btree_set(
            prop_oneof![Just("analytics"), Just("marketing"), Just("maps")].prop_map(purpose),
            0..3
        )
        .prop_map(|purposes| Choice::Selection(Selection { purposes, ..Selection::default() })),
        (selected("analytics"), selected("metrics"), selected("marketing"), selected("ads")).prop_map(
            |(purposes, services, objections, service_objections)| {
                let services = services.iter().map(|id| service(id)).collect();
                let service_objections = service_objections.iter().map(|id| service(id)).collect();
                let purposes = purposes.iter().map(|id| purpose(id)).collect();
                let objections = objections.iter().map(|id| purpose(id)).collect();
                Choice::Selection(Selection { purposes, services, objections, service_objections })
            }
        ),
        selected("marketing").prop_map(|ids| Choice::Stop(ids.iter().map(|id| purpose(id)).collect())),
    ];
    let region = prop_oneof![Just("IE"), Just("GB"), Just("US-CA")];
    let standing = prop_oneof![Just(Standing::InForce), Just(Standing::Grace), Just(Standing::Unknown)];
    let caller = prop_oneof![Just(CallerClass::Device), Just(CallerClass::Device), Just(CallerClass::Anyone)];
    let whence = (region, proptest::bool::ANY, proptest::bool::ANY);
    (0_u8..12, choice, standing, 0_u32..6, 0_u64..800, caller, whence).prop_map(
        |(n, choice, standing, seen, day, caller, (region, signal, confirmed))| {
            (
                Command { offer: offer_in(region, signal, standing), confirmed, ..command(n, choice, seen) },
                Context { caller: caller.into(), ..context(day) },
            )
        },
    )
}

proptest! {
    #[test]
    fn a_history_has_one_meaning(steps in proptest::collection::vec(any_command(), 0..24)) {
        let mut state = Standings::default();
        let mut events: Vec<Decision> = Vec::new();
        for (command, context) in steps {
            let before = state.clone();
            let refuses = command.choice == Choice::RejectAll;
            let answer = Consent::decide(&state, command.clone(), &context);
            // The same history and command give the same answer.
            prop_assert_eq!(&answer, &Consent::decide(&Consent::replay(&events), command.clone(), &context));
            match answer {
                Ok(new) => {
                    prop_assert_eq!(new.len(), 1);
                    for event in &new {
                        prop_assert_eq!(event.seq, before.seq() + 1);
                        // A grant never comes from somebody who may not give one.
                        let grants = event.action() == Action::ConsentGiven;
                        prop_assert!(!grants || context.caller.class == CallerClass::Device);
                        prop_assert!(!grants || command.offer.standing != Standing::Unknown);
                        prop_assert!(!grants || command.seen == before.seq());
                        // Events survive their canonical spelling.
                        let text = crate::canonical::to_string(event).unwrap();
                        prop_assert_eq!(&serde_json::from_str::<Decision>(&text).unwrap(), event);
                    }
                    state = new.iter().fold(state, Consent::evolve);
                    events.extend(new);
                    let stands = state.choices(&command.offer, context.now);
                    prop_assert!(!refuses || (stands.given.is_empty() && stands.services.is_empty()));
                    prop_assert!(stands.given.is_disjoint(&stands.refused));
                }
                Err(refusal) => {
                    prop_assert_eq!(&state, &before, "a refusal changes nothing");
                    prop_assert!(
                        !refuses || matches!(refusal, Refusal::AlreadyDecided { .. }),
                        "a refusal is accepted always: {:?}", refusal
                    );
                }
            }
            // The fold of the events is the state.
            prop_assert_eq!(&Consent::replay(&events), &state);
        }
    }
}

#[test]
fn a_service_is_given_and_withdrawn_by_itself() {
    let alone = |services: &[&str]| {
        let services = services.iter().map(|id| service(id)).collect();
        Choice::Selection(Selection { services, ..Selection::default() })
    };
    let state = after(Standings::default(), command(1, alone(&["metrics"]), 0), 1);
    let choices = state.choices(&offer(Standing::InForce), context(1).now);
    assert_eq!(choices.services, BTreeSet::from([service("metrics")]));
    assert!(choices.given.is_empty() && choices.refused.len() == 2);

    let events = Consent::decide(&state, command(2, Choice::RejectAll, 1), &context(2)).unwrap();
    assert_eq!(events[0].services[&service("metrics")].outcome, Outcome::Withdrawn);
    assert_eq!(events[0].action(), Action::ConsentWithdrawn);
    let state = events.iter().fold(state, Consent::evolve);
    assert!(state.choices(&offer(Standing::InForce), context(2).now).services.is_empty());

    let unknown = Consent::decide(&state, command(3, alone(&["maps"]), 2), &context(3));
    assert_eq!(unknown, Err(Refusal::UnknownService(service("maps"))));
}

#[test]
fn a_service_by_itself_expires_and_lapses_when_its_recipient_changes() {
    let services = BTreeSet::from([service("ads")]);
    let alone = Choice::Selection(Selection { services: services.clone(), ..Selection::default() });
    let state = after(Standings::default(), command(1, alone, 0), 1);
    assert!(state.choices(&offer(Standing::InForce), context(400).now).services.is_empty());
    let mut json = crate::policy::sample::json();
    json["purposes"][1]["uses"] = serde_json::json!(["statistics"]);
    json["services"][0]["recipient"]["name"] = "Other Metrics".into();
    let same = offer_of(json.clone(), "IE", false, Standing::InForce);
    assert_eq!(state.choices(&same, context(2).now).services, services, "another service changed");
    json["services"][1]["recipient"]["name"] = "Other Ads".into();
    let other = offer_of(json, "IE", false, Standing::InForce);
    assert!(state.choices(&other, context(2).now).services.is_empty());
}

#[test]
fn where_data_is_used_until_an_objection_only_objections_are_recorded() {
    let nothing = in_region("US-CA", command(1, only(&[]), 0));
    assert_eq!(Consent::decide(&Standings::default(), nothing, &context(1)), Err(Refusal::NothingToDecide));
    let objections = BTreeSet::from([purpose("marketing")]);
    let objecting = Choice::Selection(Selection { objections, ..Selection::default() });
    let decided = Consent::decide(
        &Standings::default(),
        in_region("US-CA", command(1, objecting, 0)),
        &Context { caller: CallerClass::Anyone.into(), ..context(1) },
    )
    .unwrap();
    assert_eq!(decided[0].outcomes, BTreeMap::from([(purpose("marketing"), Outcome::Objected)]));
    assert_eq!(decided[0].action(), Action::ObjectionMade);
    assert!(decided[0].reason.starts_with("US-CA"), "{}", decided[0].reason);
    // The same in a region that asks for consent is no consent to the rest.
    let state = decided.iter().fold(Standings::default(), Consent::evolve);
    let choices = state.choices(&offer(Standing::InForce), context(1).now);
    assert!(choices.given.is_empty() && !choices.decided(&purpose("analytics")));
}

#[test]
fn allowing_again_what_was_opted_out_of_takes_two_steps() {
    let state = after(Standings::default(), in_region("US-CA", command(1, Choice::RejectAll, 0)), 1);
    let again = in_region("US-CA", command(2, only(&["marketing"]), 1));
    let needed = BTreeSet::from([purpose("marketing")]);
    assert_eq!(Consent::decide(&state, again.clone(), &context(2)), Err(Refusal::ConfirmationNeeded(needed)));
    let confirmed = Consent::decide(&state, Command { confirmed: true, ..again }, &context(2)).unwrap();
    assert!(confirmed[0].confirmed && confirmed[0].action() == Action::ConsentGiven);
    let state = confirmed.iter().fold(state, Consent::evolve);
    let offer = offer_in("US-CA", false, Standing::InForce);
    let choices = state.choices(&offer, context(2).now);
    assert_eq!(choices.given, BTreeSet::from([purpose("marketing")]));
    assert_eq!(choices.refused, BTreeSet::from([purpose("analytics")]), "what was not asked about stays");
}

#[test]
fn stopping_one_thing_leaves_the_rest() {
    let state = after(Standings::default(), command(1, Choice::AcceptAll, 0), 1);
    let stop = Choice::Stop(BTreeSet::from([purpose("marketing")]));
    let events = Consent::decide(&state, command(2, stop, 0), &context(2)).unwrap();
    assert_eq!(events[0].outcomes, BTreeMap::from([(purpose("marketing"), Outcome::Withdrawn)]));
    let state = events.iter().fold(state, Consent::evolve);
    assert_eq!(given(&state, 2), BTreeSet::from([purpose("analytics")]));
    assert_eq!(
        state.since(&offer(Standing::InForce), context(2).now),
        context(1).now,
        "since the grant, not the stop"
    );
}

#[test]
fn a_choice_made_under_a_signal_says_so() {
    let under =
        Command { offer: offer_in("IE", true, Standing::InForce), ..command(1, only(&["analytics"]), 0) };
    let state = after(Standings::default(), under, 1);
    assert!(state.choices(&offer(Standing::InForce), context(1).now).despite_signal);
    let state = after(state, command(2, only(&["analytics"]), 1), 2);
    assert!(
        !state.choices(&offer(Standing::InForce), context(2).now).despite_signal,
        "given anew without it"
    );
}

#[test]
fn refusing_all_ends_what_an_earlier_policy_offered_too() {
    let mut json = crate::policy::sample::json();
    json["purposes"].as_array_mut().unwrap().push(serde_json::json!({
        "id": "video", "essential": false, "basis": "consent",
        "name": {"en": "Video"}, "description": {"en": "Plays films."}
    }));
    let wide = offer_of(json, "IE", false, Standing::InForce);
    let grant = Command { offer: wide.clone(), ..command(1, Choice::AcceptAll, 0) };
    let state = after(Standings::default(), grant, 1);
    let state = after(state, command(2, Choice::RejectAll, 1), 2);
    assert!(state.choices(&wide, context(2).now).given.is_empty(), "it does not come back with its purpose");
}

#[test]
fn what_is_taken_over_does_not_begin_anew() {
    let imported = Some(Imported { from: Source::Cookieconsent, at: Some(context(900).now) });
    let command = Command { imported, ..command(1, Choice::AcceptAll, 0) };
    let events = Consent::decide(&Standings::default(), command, &context(1000)).unwrap();
    assert_eq!(events[0].at, context(1000).now);
    let state = events.iter().fold(Standings::default(), Consent::evolve);
    assert_eq!(given(&state, 1080).len(), 2);
    assert!(given(&state, 1090).is_empty(), "six months from when it was given");
    assert_eq!(state.since(&offer(Standing::InForce), context(1000).now), context(900).now);
}

#[test]
fn a_service_given_by_itself_does_not_outlive_its_purpose() {
    let services = BTreeSet::from([service("metrics")]);
    let alone = Choice::Selection(Selection { services, ..Selection::default() });
    // Its purpose is on here anyway, so the grant makes no exception yet.
    let state = after(Standings::default(), in_region("GB", command(1, alone, 0)), 1);
    let state = after(state, in_region("GB", command(2, Choice::RejectAll, 1)), 2);
    let choices = state.choices(&offer_in("GB", false, Standing::InForce), context(2).now);
    assert!(choices.services.is_empty() && choices.refused.len() == 2);
}

#[test]
fn what_is_left_without_grants_takes_away_alone() {
    let all = after(Standings::default(), command(1, Choice::AcceptAll, 0), 1);
    let less = Choice::Selection(Selection {
        purposes: BTreeSet::from([purpose("analytics")]),
        ..Selection::default()
    });
    let events = Consent::decide(&all, command(2, less, 1), &context(2)).unwrap();
    let left = events[0].without_grants();
    assert_eq!(events[0].action(), Action::ConsentGiven);
    assert_eq!(left.action(), Action::ConsentWithdrawn);
    assert!(left.scopes.is_empty() && !left.is_empty());
    let choices = |state: &Standings| state.choices(&offer(Standing::InForce), context(2).now);
    assert_eq!(choices(&Consent::evolve(all.clone(), &left)), choices(&Consent::evolve(all, &events[0])));
    let first =
        Consent::decide(&Standings::default(), command(1, Choice::AcceptAll, 0), &context(1)).unwrap();
    assert!(first[0].without_grants().is_empty());
}
