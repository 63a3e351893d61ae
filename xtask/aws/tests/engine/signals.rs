//! Ctrl-C once and twice, in each phase, and a terminal that is closed.

use std::sync::{Arc, OnceLock};

use rustix::process::{Pid, Signal, kill_process};

use crate::faults::{CREATE, Journey, UPDATE};
use crate::site::{STACK, Site};
use crate::statuses::site_in;
use crate::support::Run;
use cfnkit_scripted_cloud::cloud::Moment;

/// Runs until the `count`th call of `action` is carried out, and sends it `signal` then.
fn interrupted(
    site: &Site,
    arguments: &[&str],
    (action, count): (&'static str, usize),
    signal: Signal,
) -> Run {
    let victim: Arc<OnceLock<Pid>> = Arc::default();
    let pid = Arc::clone(&victim);
    let mut seen = 0;
    site.cloud.on_call(move |call, moment, _| {
        if call.action == action && moment == Moment::Done {
            seen += 1;
            if seen == count {
                let _ = kill_process(*pid.wait(), signal);
            }
        }
    });
    let running = site.start(arguments);
    victim.set(running.pid()).unwrap();
    let run = running.end();
    site.cloud.no_hook();
    run
}

fn count(site: &Site, action: &str) -> usize {
    let calls = site.cloud.calls();
    calls.iter().filter(|call| call.action == action).count()
}

fn nothing_is_left(journey: Journey, at: (&'static str, usize)) {
    nothing_is_left_of(journey, at, Signal::INT);
}

fn nothing_is_left_of(journey: Journey, at: (&'static str, usize), signal: Signal) {
    let site = journey.site();
    site.cloud.state().looks = 3;
    let run = interrupted(&site, journey.arguments, at, signal);
    let problems = site.problems(&run, 1, journey.begin);
    assert_eq!(problems, Vec::<String>::new(), "{at:?}");
    assert_eq!(count(&site, "ExecuteChangeSet"), 0);
    assert_eq!(journey.again(&site), Vec::<String>::new());
}

#[test]
fn while_connecting_it_ends() {
    nothing_is_left(CREATE, ("GetCallerIdentity", 1));
}

#[test]
fn while_publishing_it_ends() {
    nothing_is_left(CREATE, ("HeadBucket", 1));
    nothing_is_left(CREATE, ("PutObject", 2));
}

#[test]
fn while_a_change_set_is_made_it_is_deleted() {
    for journey in [CREATE, UPDATE] {
        nothing_is_left(journey, ("CreateChangeSet", 1));
        nothing_is_left(journey, ("DescribeChangeSet", 1));
        nothing_is_left(journey, ("DescribeChangeSet", 5));
    }
}

#[test]
fn a_closed_terminal_leaves_nothing_either() {
    for signal in [Signal::HUP, Signal::TERM] {
        nothing_is_left_of(CREATE, ("GetCallerIdentity", 1), signal);
        nothing_is_left_of(CREATE, ("PutObject", 2), signal);
        nothing_is_left_of(CREATE, ("CreateChangeSet", 1), signal);
        nothing_is_left_of(UPDATE, ("DescribeChangeSet", 1), signal);
    }
}

/// Runs with SIGHUP ignored, as under `nohup`.
const NOHUP: &str = "trap '' HUP; exec \"$@\"";

#[test]
fn what_shall_outlive_its_terminal_does() {
    let site = CREATE.site();
    let victim: Arc<OnceLock<Pid>> = Arc::default();
    let pid = Arc::clone(&victim);
    site.cloud.on_call(move |call, moment, _| {
        if moment == Moment::Done && call.action != "GetCallerIdentity" {
            let _ = kill_process(*pid.wait(), Signal::HUP);
        }
    });
    let running = site.start_in(&["sh", "-c", NOHUP, "sh"], CREATE.arguments);
    victim.set(running.pid()).unwrap();
    let run = running.end();
    site.cloud.no_hook();
    let problems = site.problems(&run, 0, CREATE.end);
    assert_eq!(problems, Vec::<String>::new());
}

/// The kernel and the shell both tell of a closed terminal: that is nobody's second thought.
#[test]
fn a_terminal_that_is_closed_while_updating_cancels_nothing() {
    let (site, run) = run_long_with(UPDATE, Signal::HUP, 2, None);
    let run = run.expect(4).says("same command");
    assert_eq!(count(&site, "CancelUpdateStack"), 0, "{}", run.stderr);
    let_go(&site);
    assert_eq!(UPDATE.again(&site), Vec::<String>::new());
}

/// The operation lasts long, from its begin on.
fn run_long(journey: Journey, second: Option<&str>) -> (Site, Run) {
    run_long_with(journey, Signal::INT, 1, second)
}

/// The same with a signal that comes several `times` at once.
fn run_long_with(
    journey: Journey,
    signal: Signal,
    times: usize,
    second: Option<&str>,
) -> (Site, Run) {
    let mut site = journey.site();
    // There must be time for a second thought.
    site.patience = "0.1";
    let victim: Arc<OnceLock<Pid>> = Arc::default();
    let pid = Arc::clone(&victim);
    let mut is_executed = false;
    let mut looks = 0;
    site.cloud.on_call(move |call, moment, state| {
        if moment != Moment::Done {
            return;
        }
        if call.action == journey.decisive && !is_executed {
            is_executed = true;
            let root = state.find(STACK).unwrap();
            for step in &mut state.stacks[root].steps {
                step.looks = 2000;
            }
        }
        if is_executed && call.action == "DescribeStacks" {
            looks += 1;
            if looks == 3 {
                for _ in 0..times {
                    let _ = kill_process(*pid.wait(), signal);
                }
            }
        }
    });
    let mut running = site.start(journey.arguments);
    victim.set(running.pid()).unwrap();
    if let Some(second) = second {
        running.says(second);
        running.interrupt();
    }
    let run = running.end();
    site.cloud.no_hook();
    site.patience = "0.01";
    (site, run)
}

/// What goes on in the cloud comes to its end.
fn let_go(site: &Site) {
    let mut state = site.cloud.state();
    if let Some(root) = state.find(STACK) {
        for step in &mut state.stacks[root].steps {
            step.looks = 1;
        }
    }
}

#[test]
fn while_executing_the_first_detaches() {
    for journey in [CREATE, UPDATE] {
        let (site, run) = run_long(journey, None);
        let run = run.expect(4).says("same command");
        assert_eq!(count(&site, "CancelUpdateStack"), 0, "{}", run.stderr);
        assert_eq!(count(&site, "DeleteStack"), 0, "{}", run.stderr);
        let_go(&site);
        assert_eq!(journey.again(&site), Vec::<String>::new());
    }
}

#[test]
fn while_updating_the_second_cancels() {
    let (site, run) = run_long(UPDATE, Some("Ctrl-C again"));
    let run = run.expect(3);
    assert_eq!(count(&site, "CancelUpdateStack"), 1, "{}", run.stderr);
    let problems = site.problems(&run, 3, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(UPDATE.again(&site), Vec::<String>::new());
}

#[test]
fn while_creating_the_second_says_what_can_be_done() {
    let (site, run) = run_long(CREATE, Some("Ctrl-C again"));
    let run = run.expect(4).says("cannot be cancelled").says("destroy");
    assert_eq!(count(&site, "CancelUpdateStack"), 0, "{}", run.stderr);
    assert_eq!(count(&site, "DeleteStack"), 0, "{}", run.stderr);
    let_go(&site);
    assert_eq!(CREATE.again(&site), Vec::<String>::new());
}

#[test]
fn while_deleting_it_detaches_and_nothing_can_be_cancelled() {
    let destroy = Journey {
        name: "destroy",
        arguments: &["destroy", "--yes"],
        begin: "CREATE_COMPLETE",
        end: "absent",
        decisive: "DeleteStack",
    };
    let (site, run) = run_long(destroy, None);
    run.expect(4).says("same command");
    let_go(&site);
    assert_eq!(destroy.again(&site), Vec::<String>::new());
}

#[test]
fn while_waiting_for_somebody_elses_operation_it_ends() {
    let site = site_in("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE");
    {
        let mut state = site.cloud.state();
        let root = state.find(STACK).unwrap();
        state.stacks[root].steps[0].looks = 2000;
    }
    let run = interrupted(&site, UPDATE.arguments, ("DescribeStacks", 4), Signal::INT);
    let problems = site.problems(&run, 1, "UPDATE_IN_PROGRESS");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(site.cloud.mutating_calls().len(), 0);
}

#[test]
fn following_ends_well_in_the_middle_of_a_look() {
    let site = Site::serving();
    let at = ("FilterLogEvents", 2);
    interrupted(&site, &["logs", "--follow"], at, Signal::INT).expect(0);
}
