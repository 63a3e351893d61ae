//! What one frame of the display takes.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::*;

/// What a frame may take.
const GOAL: Duration = Duration::from_millis(5);

/// Milliseconds between two frames.
const FRAME: i64 = 100;

/// The processor's time for each frame of a whole deploy of 500 resources; events that come
/// between two frames count for the frame that shows them.
fn times(size: Size) -> Vec<Duration> {
    let (subject, events) = deploy(500);
    let mut display = Display::new(subject, COLOURED);
    let mut events = events.into_iter().peekable();
    let frames = (1..=720).map(|frame| {
        let now = frame * FRAME;
        let begin = processor_time();
        let fresh = std::iter::from_fn(|| events.next_if(|event| event.timestamp <= now)).collect();
        display.absorb(fresh, now);
        std::hint::black_box(display.tick(now, size));
        processor_time().saturating_sub(begin)
    });
    let times = frames.collect();
    assert!(events.next().is_none());
    times
}

/// What this thread has used so far: what else the machine does is not counted.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_frame_of_many_resources_takes_less_than_five_milliseconds() {
    for (width, height) in [(80, 24), (200, 50)] {
        let size = Size { width, height };
        // Of three times the shortest: a page that the system had to find first is nobody's fault.
        let plays = [times(size), times(size), times(size)];
        let [first, second, third] = &plays;
        let shortest = first.iter().zip(second).zip(third);
        let shortest = shortest.map(|((first, second), third)| first.min(second).min(third));
        let worst = *shortest.max().unwrap();
        assert!(worst < GOAL, "{width} x {height}: {worst:?}");
    }
}
