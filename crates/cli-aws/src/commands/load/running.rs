//! A load test as it goes on: takes what the engine tells into the tally, draws it, and listens
//! for Ctrl-C.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use cfnkit_console::block::Block;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen;
use cfnkit_console::terminal;
use cfnkit_console::terminal::Mode;
use cfnkit_load::load::phases::Phase;
use cfnkit_load::load::progress::Progress;
use cfnkit_load::load::tally::Tally;
use cfnkit_traffic::engine::{self, Target};

/// Between two frames.
const FRAME: Duration = Duration::from_millis(200);
/// Between two lines, where nothing is drawn again.
const LINE: Duration = Duration::from_secs(5);

/// Sends everything, or what was due until an interrupt; returns whether there was one.
pub(super) async fn run(
    name: &str,
    target: Target,
    phases: &[Phase],
    interrupts: &mut Interrupts,
) -> anyhow::Result<(Tally, bool)> {
    let mut tally = Tally::new(phases)?;
    let most_in_flight = target.most_in_flight;
    let (stop, stopped) = watch::channel(false);
    let mode = terminal::mode();
    let mut block = Block::default();
    let begin = Instant::now();
    let mut frames = tokio::time::interval(match mode {
        Mode::Live { .. } => FRAME,
        Mode::Plain => LINE,
    });
    frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // The first one comes at once, and there is nothing to see yet.
    frames.tick().await;
    let mut is_interrupted = false;
    let mut events = engine::start(target, phases, stopped)?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => tally.absorb(event),
                None => break,
            },
            _ = frames.tick() => {
                let progress = Progress { name, phases, tally: &tally, most_in_flight };
                draw(mode, &mut block, &progress, begin.elapsed());
            }
            () = interrupts.next(), if !is_interrupted => {
                is_interrupted = true;
                terminal::write(mode, &block.remove());
                screen::say("stopping; this is what was seen so far");
                let _ = stop.send(true);
            }
        }
    }
    terminal::write(mode, &block.remove());
    Ok((tally, is_interrupted))
}

fn draw(mode: Mode, block: &mut Block, progress: &Progress<'_>, now: Duration) {
    let text = match mode {
        Mode::Plain => progress.line(now) + "\n",
        Mode::Live { colour } => {
            let size = terminal::size();
            let mut lines = progress.frame(now, size);
            if !colour {
                for line in &mut lines {
                    *line = anstream::adapter::strip_str(line).to_string();
                }
            }
            block.draw(lines, size)
        }
    };
    terminal::write(mode, &text);
}
