//! The program is killed at calls it makes: the same command afterwards converges, and nothing of
//! the first run is left.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::faults::{CREATE, Journey, REVERT, UPDATE};
use crate::site::{check_each, chosen};
use cfnkit_scripted_cloud::cloud::Moment;

fn killed_everywhere(journey: Journey) {
    let moments = [Moment::Done, Moment::Answered];
    let cases = (0..journey.calls()).flat_map(|number| moments.map(|moment| (number, moment)));
    let cases = chosen(cases, 13).map(|(number, moment)| {
        let name = format!("{}, killed at call {number}, {moment:?}", journey.name);
        (name, (number, moment))
    });
    check_each(cases, |(number, moment)| {
        let site = journey.site();
        let victim: Arc<OnceLock<Pid>> = Arc::default();
        let pid = Arc::clone(&victim);
        site.cloud.on_call(move |call, now, _| {
            if call.number == number && now == moment {
                // The first call may come before its caller is known here.
                while pid.get().is_none() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                let _ = kill_process(*pid.get().unwrap(), Signal::KILL);
            }
        });
        let running = site.start(journey.arguments);
        victim.set(running.pid()).unwrap();
        running.end();
        site.cloud.no_hook();
        let problems = journey.again(&site);
        match problems.is_empty() {
            true => problems,
            false => {
                let calls = site.cloud.calls();
                let action = calls.get(number).map(|call| call.action.clone());
                [vec![format!("{action:?}")], problems].concat()
            }
        }
    });
}

#[test]
fn a_create_that_is_killed_is_resumed() {
    killed_everywhere(CREATE);
}

#[test]
fn an_update_that_is_killed_is_resumed() {
    killed_everywhere(UPDATE);
}

#[test]
fn a_reversion_that_is_killed_is_resumed() {
    killed_everywhere(REVERT);
}
