use super::*;
use proptest::prelude::*;

const DAY: u64 = 86_400;

fn purpose(name: &str) -> PurposeId {
    name.parse().unwrap()
}

fn offer(standing: Standing) -> Offer {
    Offer {
        policy: PolicyHash::from_bytes([1; 32]),
        standing,
        notice: NoticeHash::from_bytes([2; 32]),
        locale: "en".into(),
        purposes: ["analytics", "marketing"].into_iter().map(purpose).collect(),
        lifetime: "P6M".parse().unwrap(),
        refusal_lifetime: "P6M".parse().unwrap(),
    }
}

fn command(n: u8, choice: Choice, seen: u32) -> Command {
    Command {
        id: EventId::from_bytes([n; 16]),
        choice,
        offer: offer(Standing::InForce),
        seen,
        layer: Layer::Banner,
    }
}

fn context(day: u64) -> Context {
    Context { now: Timestamp::from_seconds(day * DAY), random: [0; 32], caller: CallerClass::Device }
}

fn only(names: &[&str]) -> Choice {
    Choice::Selection(names.iter().map(|n| purpose(n)).collect())
}

fn after(state: Standings, command: Command, day: u64) -> Standings {
    let events = Consent::decide(&state, command, &context(day)).unwrap();
    events.iter().fold(state, Consent::evolve)
}

#[test]
fn grant_withdraw_and_expire() {
    let given = after(Standings::default(), command(1, Choice::AcceptAll, 0), 1000);
    assert_eq!(given.given(context(1000).now).len(), 2);
    assert_eq!(given.status(&purpose("analytics"), context(1400).now), Some(Status::Expired));
    assert!(given.given(context(1400).now).is_empty(), "expiry is checked at reading");

    let withdrawn = Consent::decide(&given, command(2, Choice::RejectAll, 1), &context(1001)).unwrap();
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
    let anyone = Context { caller: CallerClass::Anyone, ..context(1) };
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
    assert!(state.given(context(2).now).is_empty());
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
    let anyone = Context { caller: CallerClass::Anyone, ..context(1) };
    let events = Consent::decide(&Standings::default(), unknown, &anyone).unwrap();
    assert_eq!(events[0].standing, Standing::Unknown);
    assert_eq!(events[0].action(), Action::ConsentRefused);
}

fn any_command() -> impl Strategy<Value = (Command, Context)> {
    let choice = prop_oneof![
        Just(Choice::AcceptAll),
        Just(Choice::RejectAll),
        proptest::collection::btree_set(
            prop_oneof![Just("analytics"), Just("marketing"), Just("maps")].prop_map(purpose),
            0..3
        )
        .prop_map(Choice::Selection),
    ];
    let standing = prop_oneof![Just(Standing::InForce), Just(Standing::Grace), Just(Standing::Unknown)];
    let caller = prop_oneof![Just(CallerClass::Device), Just(CallerClass::Device), Just(CallerClass::Anyone)];
    (0_u8..12, choice, standing, 0_u32..6, 0_u64..800, caller).prop_map(
        |(n, choice, standing, seen, day, caller)| {
            (
                Command { offer: offer(standing), ..command(n, choice, seen) },
                Context { caller, ..context(day) },
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
                        let grants = event.outcomes.values().any(|o| *o == Outcome::Given);
                        prop_assert!(!grants || context.caller == CallerClass::Device);
                        prop_assert!(!grants || command.offer.standing != Standing::Unknown);
                        prop_assert!(!grants || command.seen == before.seq());
                        // Events survive their canonical spelling.
                        let text = crate::canonical::to_string(event).unwrap();
                        prop_assert_eq!(&serde_json::from_str::<Decision>(&text).unwrap(), event);
                    }
                    state = new.iter().fold(state, Consent::evolve);
                    events.extend(new);
                    prop_assert!(!refuses || state.given(context.now).is_empty());
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
