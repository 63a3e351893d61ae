//! `bench display`: how long one frame of the live display takes.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use rustix::time::{ClockId, clock_gettime};

use cfnkit_console::exit::Exit;
use cfnkit_console::screen;
use cfnkit_console::terminal::{Mode, Size};
use cfnkit_operation::display::Display;
use cfnkit_operation::display::subject::{Planned, Subject, Verb};
use cfnkit_operation::estimate::{Estimate, Experience, Sample};
use cfnkit_operation::event::{ResourceOperation, StackEvent};

const TYPE: &str = "AWS::ApiGateway::Method";

/// What a frame may take.
const GOAL: Duration = Duration::from_millis(5);

/// Milliseconds between two frames.
const FRAME: i64 = 100;

const SIZES: [(usize, usize); 2] = [(80, 24), (200, 50)];

/// Measure the live display of a deployment.
///
/// A deployment of many resources is drawn from beginning to end, in memory; events that come
/// between two frames count for the frame that shows them. The times are the processor's, so that
/// what else this machine does is not counted.
#[derive(Debug, clap::Args)]
#[command(name = "display")]
pub(super) struct DisplayBench {
    /// Resources of the deployment.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    resources: u32,
    /// Frames that are drawn.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    frames: u32,
    /// Exit with 1 if a frame takes more than 5 ms.
    #[arg(long)]
    check: bool,
}

impl DisplayBench {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(["terminal", "median", "worst", "goal"]);
        for column in 1..=3 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut is_reached = true;
        for (width, height) in SIZES {
            let mut times = self.measure(Size { width, height });
            times.sort();
            let median = times.get(times.len() / 2).copied().unwrap_or_default();
            let worst = times.last().copied().unwrap_or_default();
            is_reached &= worst < GOAL;
            table.add_row([
                format!("{width} x {height}"),
                milliseconds(median),
                milliseconds(worst),
                milliseconds(GOAL),
            ]);
        }
        screen::show(format!(
            "{table}\n\n{} frames of {} resources, in processor time.",
            self.frames, self.resources
        ));
        match self.check && !is_reached {
            true => Err(Exit::Silent.into()),
            false => Ok(()),
        }
    }

    fn measure(&self, size: Size) -> Vec<Duration> {
        let mut display = Display::new(subject(self.resources), Mode::Live { colour: true });
        let mut events = events(self.resources, self.frames).into_iter().peekable();
        let frames = (1..=i64::from(self.frames)).map(|frame| {
            let now = frame * FRAME;
            let due = |event: &StackEvent| event.timestamp <= now;
            let begin = processor_time();
            let fresh = std::iter::from_fn(|| events.next_if(due)).collect();
            display.absorb(fresh, now);
            std::hint::black_box(display.tick(now, size));
            processor_time().saturating_sub(begin)
        });
        frames.collect()
    }
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn subject(resources: u32) -> Subject {
    let planned = (0..resources).map(|index| Planned {
        place: format!("Api / Resource{index}"),
        resource_type: TYPE.to_owned(),
        operation: ResourceOperation::Create,
    });
    Subject {
        stack_name: "movies-bench".to_owned(),
        stack_id: "root".to_owned(),
        verb: Verb::Deploy,
        begin: 0,
        planned: planned.collect(),
        estimate: estimate(),
    }
}

fn estimate() -> Estimate {
    let sample = Sample {
        resource_type: TYPE.to_owned(),
        operation: ResourceOperation::Create,
        milliseconds: 20_000,
    };
    let mut experience = Experience::default();
    experience.learn(Verb::Deploy, &[sample], Some(1_000));
    experience.estimate(Verb::Deploy)
}

/// Every resource begins in the first half and ends in the second; each tenth fails.
fn events(resources: u32, frames: u32) -> Vec<StackEvent> {
    let half = i64::from(frames) * FRAME / 2;
    let mut events = Vec::new();
    for index in 0..resources {
        let at = half * i64::from(index) / i64::from(resources) + 1;
        let (end, reason) = match index % 10 {
            0 => (
                "CREATE_FAILED",
                Some("Limit exceeded for this account ".repeat(10)),
            ),
            _ => ("CREATE_COMPLETE", None),
        };
        events.push(event(index, at, "CREATE_IN_PROGRESS", None));
        events.push(event(index, at + half, end, reason));
    }
    events.sort_by_key(|event| event.timestamp);
    events
}

fn event(index: u32, timestamp: i64, status: &str, reason: Option<String>) -> StackEvent {
    StackEvent {
        id: format!("{index}-{status}"),
        stack_id: "api".to_owned(),
        stack_name: "movies-bench-Api-1A2B3C4D5E6F".to_owned(),
        logical_id: format!("Resource{index}"),
        physical_id: format!("resource-{index}"),
        resource_type: TYPE.to_owned(),
        status: status.to_owned(),
        reason,
        timestamp,
    }
}
