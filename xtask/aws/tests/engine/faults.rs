//! Every call of a deploy and of a destroy, going wrong in every way: the exit code is right, the
//! message names what failed, and the same command afterwards converges.

use crate::reversion::drift;
use crate::site::{STACK, Site, check_each, chosen, last_words};
use crate::support::Run;
use cfnkit_scripted_cloud::cloud::{Fault, Trouble};

const FAULTS: [Fault; 6] = [
    Fault::Throttle,
    Fault::Internal,
    Fault::Timeout,
    Fault::Reset,
    Fault::Expired,
    Fault::Garbage,
];

/// What fails is waited for with less of it than usual, and with enough for every call to time out
/// once.
const IMPATIENT: &str = "0.005";

/// A command and what it has to come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Journey {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [&'static str],
    /// Where it is before and where it ends.
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
    /// The call after which there is no way back.
    pub(crate) decisive: &'static str,
}

pub(crate) const CREATE: Journey = Journey {
    name: "create",
    arguments: &["deploy", "--yes"],
    begin: "absent",
    end: "CREATE_COMPLETE",
    decisive: "ExecuteChangeSet",
};
pub(crate) const UPDATE: Journey = Journey {
    name: "update",
    arguments: &[
        "deploy",
        "--yes",
        "--param",
        "StandardRateLimitPerSecond=60",
    ],
    begin: "CREATE_COMPLETE",
    end: "UPDATE_COMPLETE",
    decisive: "ExecuteChangeSet",
};
/// In two stacks, each with a change set of its own.
pub(crate) const REVERT: Journey = Journey {
    name: "revert",
    arguments: &["deploy", "--revert-drift", "--yes"],
    begin: DRIFTED,
    end: "CREATE_COMPLETE",
    decisive: "ExecuteChangeSet",
};
const REVERT_ONE: Journey = Journey {
    name: "revert in one stack",
    begin: DRIFTED_ONCE,
    ..REVERT
};
const DRIFTED: &str = "drifted";
const DRIFTED_ONCE: &str = "drifted in one stack";
const DESTROY: Journey = Journey {
    name: "destroy",
    arguments: &["destroy", "--yes"],
    begin: "CREATE_COMPLETE",
    end: "absent",
    decisive: "DeleteStack",
};

impl Journey {
    pub(crate) fn site(&self) -> Site {
        let site = match self.begin {
            "absent" => Site::new(),
            _ => Site::deployed(),
        };
        let mut state = site.cloud.state();
        state.looks = 2;
        state.drift = match self.begin {
            DRIFTED => drift(),
            DRIFTED_ONCE => drift().drain(..1).collect(),
            _ => Vec::new(),
        };
        drop(state);
        site
    }

    /// How many calls it makes where nothing goes wrong.
    pub(crate) fn calls(&self) -> usize {
        let site = self.site();
        let run = site.run(self.arguments);
        assert_eq!(site.problems(&run, 0, self.end), Vec::<String>::new());
        site.cloud.calls().len()
    }

    /// The same command where nothing goes wrong any more.
    pub(crate) fn again(&self, site: &Site) -> Vec<String> {
        site.cloud.trouble(Trouble::None);
        let run = site.run(self.arguments);
        let problems = site.problems(&run, 0, self.end);
        let problems = problems.into_iter();
        problems.map(|text| format!("afterwards: {text}")).collect()
    }
}

#[test]
fn what_fails_once_is_repeated_and_goes_well() {
    let transient = [
        Fault::Throttle,
        Fault::Internal,
        Fault::Timeout,
        Fault::Reset,
    ];
    let cases = [CREATE, UPDATE, REVERT, DESTROY]
        .into_iter()
        .flat_map(|journey| {
            transient.map(|fault| {
                let name = format!("{}, every call once: {fault:?}", journey.name);
                (name, (journey, fault))
            })
        });
    check_each(cases, |(journey, fault)| {
        let mut site = journey.site();
        site.patience = IMPATIENT;
        site.cloud.trouble(Trouble::EachOnce(fault));
        let run = site.run(journey.arguments);
        site.problems(&run, 0, journey.end)
    });
}

/// Events are for the eye; the verdict does not need them.
#[test]
fn without_events_a_deploy_succeeds_all_the_same() {
    let faults = FAULTS.into_iter().filter(|fault| *fault != Fault::Expired);
    let cases = faults.map(|fault| (format!("events: {fault:?}"), fault));
    check_each(cases, |fault| {
        let mut site = UPDATE.site();
        site.patience = IMPATIENT;
        let trouble = Trouble::Action("DescribeStackEvents", fault);
        site.cloud.trouble(trouble);
        let run = site.run(UPDATE.arguments);
        site.problems(&run, 0, UPDATE.end)
    });
}

#[test]
fn what_keeps_failing_while_creating_is_named_and_does_not_last() {
    keeps_failing(CREATE);
}

#[test]
fn what_keeps_failing_while_updating_is_named_and_does_not_last() {
    keeps_failing(UPDATE);
}

#[test]
fn what_keeps_failing_while_taking_drift_back_is_named_and_does_not_last() {
    keeps_failing(REVERT_ONE);
}

#[test]
fn what_keeps_failing_while_destroying_is_named_and_does_not_last() {
    keeps_failing(DESTROY);
}

/// Every fifth call, with each of the faults in turn.
fn keeps_failing(journey: Journey) {
    let cases = (0..journey.calls()).flat_map(|number| FAULTS.map(|fault| (number, fault)));
    let cases = chosen(cases, 31).map(|(number, fault)| {
        let name = format!("{}, from call {number} on: {fault:?}", journey.name);
        (name, (number, fault))
    });
    check_each(cases, |(number, fault)| {
        let mut site = journey.site();
        site.patience = IMPATIENT;
        site.cloud.trouble(Trouble::From(number, fault));
        let run = site.run(journey.arguments);
        let mut problems = verdict(&site, journey, fault, &run);
        site.patience = "0.01";
        problems.extend(journey.again(&site));
        with_call(&site, number, problems)
    });
}

/// What no repetition helps against, at some calls: nothing is left where cleaning was possible.
#[test]
fn one_wrong_answer_leaves_nothing_behind() {
    let cases = [CREATE, UPDATE, REVERT_ONE]
        .into_iter()
        .flat_map(|journey| {
            chosen(0..journey.calls(), 11).map(move |number| {
                let fault = [Fault::Expired, Fault::Garbage][number % 2];
                let name = format!("{}, call {number}: {fault:?}", journey.name);
                (name, (journey, number, fault))
            })
        });
    check_each(cases, |(journey, number, fault)| {
        let site = journey.site();
        site.cloud.trouble(Trouble::Once(number, fault));
        let run = site.run(journey.arguments);
        let mut problems = verdict(&site, journey, fault, &run);
        let is_cleaning = site.cloud.calls()[number].action == "DeleteChangeSet";
        if !is_decided(&site, journey) && !is_cleaning {
            problems.extend(site.left_behind());
        }
        problems.extend(journey.again(&site));
        with_call(&site, number, problems)
    });
}

fn with_call(site: &Site, number: usize, mut problems: Vec<String>) -> Vec<String> {
    if !problems.is_empty() {
        let call = site
            .cloud
            .calls()
            .get(number)
            .map(|call| call.action.clone());
        problems.insert(0, format!("call {number} is {}", call.unwrap_or_default()));
    }
    problems
}

/// Whether the operation has begun.
fn is_decided(site: &Site, journey: Journey) -> bool {
    let state = site.cloud.state();
    let mut tokens = state.used_tokens.iter();
    tokens.any(|(action, _)| action == journey.decisive)
}

/// Whether the exit code and the message fit what has happened.
fn verdict(site: &Site, journey: Journey, fault: Fault, run: &Run) -> Vec<String> {
    let mut problems = Vec::new();
    let decided = is_decided(site, journey);
    let asked = site.cloud.calls();
    let asked = asked.iter().any(|call| call.action == journey.decisive);
    let status = site.cloud.state().status_of(STACK).to_owned();
    let allowed: &[i32] = match (decided, asked) {
        (true, _) => &[3, 4],
        // Expired credentials have an exit code of their own, whatever was going on.
        (false, _) if fault == Fault::Expired => &[1, 4],
        (false, true) => &[1, 4],
        (false, false) => &[1],
    };
    let is_right = match run.code {
        0 => status == journey.end,
        code => allowed.contains(&code),
    };
    if !is_right {
        problems.push(format!(
            "exit code {} while {status}: {}",
            run.code,
            last_words(run)
        ));
    }
    if run.code == 4 && !run.stderr.contains("same command") {
        problems.push(format!("does not say what to do: {}", last_words(run)));
    }
    if run.code != 0 {
        let said = run.stderr.lines().last().unwrap_or_default();
        let names = ["`", "credentials", "AWS"];
        if !names.iter().any(|name| said.contains(name)) {
            problems.push(format!("names nothing: {said}"));
        }
        let dumps = [
            "DispatchFailure(",
            "TimeoutError(",
            "ResponseError(",
            "Unhandled(",
            "ErrorMetadata {",
            "Os {",
            "dispatch failure",
            "service error",
        ];
        if let Some(dump) = dumps.iter().find(|dump| run.stderr.contains(**dump)) {
            problems.push(format!("says `{dump}`: {said}"));
        }
    }
    problems
}
