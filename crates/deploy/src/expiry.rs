//! Whether the credentials last as long as the deploy does.

use std::time::Duration;

use cfnkit_change::change_set::{Action, Change};

/// What creating and updating the service may take, where nothing was learned yet.
const CREATE: Duration = Duration::from_secs(20 * 60);
const UPDATE: Duration = Duration::from_secs(8 * 60);

/// What to say where credentials that are good for `left` end before the changes can be expected
/// to be done; `learned` is how long such changes took before.
pub fn warning(left: Duration, changes: &[Change], learned: Option<Duration>) -> Option<String> {
    let expected = learned.unwrap_or_else(|| usual(changes));
    let minutes = |duration: Duration| duration.as_secs().div_ceil(60);
    (left < expected).then(|| {
        format!(
            "these credentials end in {} min, and this can take {} min. CloudFormation goes on \
             without them, but this command would end with exit code 4: sign in again first, or \
             run the same command again afterwards\n",
            minutes(left),
            minutes(expected)
        )
    })
}

fn usual(changes: &[Change]) -> Duration {
    let is_new = |change: &Change| change.action == Action::Add;
    match !changes.is_empty() && changes.iter().all(is_new) {
        true => CREATE,
        false => UPDATE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_that_end_too_soon_are_told_of() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let warning = |left| warning(minutes(left), &[], Some(minutes(10)));
        assert_eq!(warning(10), None);
        let warning = warning(9).unwrap();
        assert!(warning.starts_with("these credentials end in 9 min, and this can take 10 min"));
    }

    #[test]
    fn creating_takes_longer_than_changing() {
        let change = |action| Change::new(action, "Api", "AWS::CloudFormation::Stack");
        assert_eq!(usual(&[change(Action::Add)]), CREATE);
        assert_eq!(
            usual(&[change(Action::Add), change(Action::Modify)]),
            UPDATE
        );
        assert_eq!(usual(&[]), UPDATE);
    }
}
