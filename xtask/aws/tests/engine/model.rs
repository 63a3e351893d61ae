//! Sequences that nobody thought of: any status, any outcome, events in any order, and others
//! who work on the same stack. Whatever happens, the program does nothing that CloudFormation
//! would refuse, ends, and says how it ended; and the next deploy sets things right.

use proptest::prelude::{Strategy, any, prop};
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use crate::faults::UPDATE;
use crate::site::{STACK, check_each, last_words};
use crate::statuses::{site_in, statuses};
use cfnkit_scripted_cloud::cloud::Moment;
use cfnkit_scripted_cloud::cloud::state::{Effect, Outcome, Step};

#[derive(Debug, Clone)]
struct Sequence {
    row: (&'static str, &'static str),
    outcomes: Vec<Outcome>,
    looks: u32,
    page: usize,
    disorder: u64,
    /// Somebody updates the stack when this call is carried out.
    foreign: Option<usize>,
}

fn sequences() -> impl Strategy<Value = Sequence> {
    let outcome = select(vec![Outcome::Success, Outcome::Failure, Outcome::Stuck]);
    let foreign = prop::option::weighted(0.3, 1..60_usize);
    (
        select(statuses()),
        prop::collection::vec(outcome, 0..4),
        1..4_u32,
        select(vec![2_usize, 5, 100]),
        any::<u64>(),
        foreign,
    )
        .prop_map(|(row, outcomes, looks, page, disorder, foreign)| Sequence {
            row,
            outcomes,
            looks,
            page,
            disorder,
            foreign,
        })
}

fn problems(sequence: &Sequence) -> Vec<String> {
    let site = site_in(sequence.row.0, sequence.row.1);
    {
        let mut state = site.cloud.state();
        state.outcomes = sequence.outcomes.clone().into();
        state.looks = sequence.looks;
        state.page = sequence.page;
        state.disorder = Some(sequence.disorder);
    }
    if let Some(number) = sequence.foreign {
        site.cloud.on_call(move |call, moment, state| {
            let root = state.find(STACK);
            let root = root.filter(|root| {
                let stack = &state.stacks[*root];
                stack.steps.is_empty() && stack.status.ends_with("E_COMPLETE")
            });
            if let Some(root) = root.filter(|_| call.number == number && moment == Moment::Done) {
                state.stacks[root].token = Some("theirs".to_owned());
                state.settle(root, "UPDATE_IN_PROGRESS", Some("User Initiated"));
                state.stacks[root].steps = [Step {
                    looks: 3,
                    status: "UPDATE_COMPLETE",
                    effect: Effect::None,
                }]
                .into();
            }
        });
    }
    let run = site.run(UPDATE.arguments);
    site.cloud.no_hook();
    let mut problems = Vec::new();
    {
        let mut state = site.cloud.state();
        let status = state.status_of(STACK).to_owned();
        // Others may begin when this deploy has seen its own end.
        let is_theirs = state
            .stacks
            .iter()
            .any(|stack| stack.token.as_deref() == Some("theirs"));
        let is_right = match run.code {
            0 => {
                ["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status.as_str())
                    || (status == "UPDATE_IN_PROGRESS" && is_theirs)
            }
            1 => true,
            3 => status.contains("ROLLBACK") || status.ends_with("_FAILED"),
            4 => sequence.foreign.is_some(),
            _ => false,
        };
        if !is_right {
            problems.push(format!(
                "exit code {} while {status}: {}",
                run.code,
                last_words(&run)
            ));
        }
        // With others at work a refusal may be bad luck.
        if sequence.foreign.is_none() {
            problems.extend(state.violations.iter().map(|text| format!("wrong: {text}")));
        }
        state.violations.clear();
        state.outcomes.clear();
    }
    if sequence.row.0 != "IMPORT_ROLLBACK_FAILED" {
        let run = site.run(UPDATE.arguments);
        let status = site.cloud.state().status_of(STACK).to_owned();
        let end = match status.starts_with("CREATE") {
            true => "CREATE_COMPLETE",
            false => "UPDATE_COMPLETE",
        };
        let again = site.problems(&run, 0, end).into_iter();
        problems.extend(again.map(|text| format!("afterwards: {text}")));
    }
    problems
}

#[test]
fn any_sequence_ends_well_or_with_the_truth() {
    let count = std::env::var("XTASK_SEQUENCES").ok();
    let count = count.and_then(|count| count.parse().ok()).unwrap_or(50);
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let cases = (0..count).map(|_| {
        let sequence = sequences().new_tree(&mut runner).unwrap().current();
        (format!("{sequence:?}"), sequence)
    });
    check_each(cases, |sequence| problems(&sequence));
}
