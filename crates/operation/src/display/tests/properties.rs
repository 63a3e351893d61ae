//! Whatever comes, in whatever order and on whatever terminal, the display fits and does not fail.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use cfnkit_template::stack_tree::NESTED_STACK;

fn any_event() -> impl Strategy<Value = StackEvent> {
    let status = prop_oneof![
        Just("CREATE_IN_PROGRESS"),
        Just("CREATE_COMPLETE"),
        Just("CREATE_FAILED"),
        Just("UPDATE_IN_PROGRESS"),
        Just("UPDATE_COMPLETE"),
        Just("UPDATE_FAILED"),
        Just("DELETE_IN_PROGRESS"),
        Just("DELETE_COMPLETE"),
        Just("DELETE_FAILED"),
        Just("DELETE_SKIPPED"),
        Just("IMPORT_COMPLETE"),
        Just("UPDATE_ROLLBACK_IN_PROGRESS"),
        Just("ROLLBACK_COMPLETE"),
        Just("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        Just("something else"),
    ];
    let stack = prop_oneof![Just("movies-dev"), Just("movies-dev-Api-1"), Just("x")];
    let physical = prop_oneof![
        Just("movies-dev"),
        Just("movies-dev-Api-1"),
        Just("x"),
        Just("")
    ];
    let logical = prop_oneof![Just("A".to_owned()), Just("B".to_owned()), any::<String>()];
    let time = prop_oneof![0..200_000_i64, any::<i64>()];
    let reason = option::of(prop_oneof![
        Just("Resource creation cancelled".to_owned()),
        any::<String>()
    ]);
    (
        stack,
        logical,
        physical,
        any::<bool>(),
        status,
        reason,
        time,
    )
        .prop_map(
            |(stack, logical, physical, is_stack, status, reason, timestamp)| StackEvent {
                id: format!("{logical}{timestamp}"),
                stack_id: stack.to_owned(),
                stack_name: stack.to_owned(),
                logical_id: logical,
                physical_id: physical.to_owned(),
                resource_type: if is_stack {
                    NESTED_STACK
                } else {
                    "AWS::SNS::Topic"
                }
                .to_owned(),
                status: status.to_owned(),
                reason,
                timestamp,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_frame_fits(
        looks in vec((vec(any_event(), 0..8), any::<i64>(), 0..250_usize, 0..70_usize), 0..12),
        planned in 0..300_usize,
    ) {
        let (subject, _) = deploy(planned);
        let mut live = Display::new(subject.clone(), COLOURED);
        let mut plain = Display::new(subject, Mode::Plain);
        for (events, now, width, height) in looks {
            let size = Size { width, height };
            live.absorb(events.clone(), now);
            plain.absorb(events, now);
            let lines = live.lines(now, size);
            prop_assert!(lines.len() <= height.max(1), "{} lines", lines.len());
            for line in &lines {
                let shown = anstream::adapter::strip_str(line).to_string();
                prop_assert!(shown.width() <= width, "{shown:?}");
            }
            live.tick(now, size);
            plain.tick(now, size);
        }
        live.close(0);
        plain.close(0);
    }

    /// A nested stack's events may come looks later than the root's; the end is the same.
    #[test]
    fn the_end_does_not_depend_on_which_stack_answers_first(late in any::<bool>(), count in 2..40_usize) {
        let (subject, events) = deploy(count);
        let (api, other): (Vec<_>, Vec<_>) = events.into_iter().partition(|one| one.stack_id == "Api");
        let parts = if late { [api, other] } else { [other, api] };
        let mut display = Display::new(subject, COLOURLESS);
        for part in parts {
            display.absorb(part, 100_000);
        }
        let (done, total) = display.progress.done();
        prop_assert_eq!((done, total), (count - 1, count));
        prop_assert_eq!(display.progress.in_progress(100_000).len(), 0);
        prop_assert_eq!(display.progress.failures().len(), 1);
    }
}
