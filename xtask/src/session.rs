//! Whether the credentials last as long as the deploy does.

use std::time::{Duration, SystemTime};

use crate::aws::Connection;
use crate::change_set::Change;
use crate::screen;

/// Without a better estimate: what creating and updating the service takes at most.
const CREATE: Duration = Duration::from_secs(20 * 60);
const UPDATE: Duration = Duration::from_secs(8 * 60);

/// Says so when the credentials end before the changes can be expected to be done.
pub(crate) async fn warn(connection: &Connection, changes: &[Change]) {
    let Some(expiry) = connection.expiry().await else {
        return;
    };
    let left = expiry
        .duration_since(SystemTime::now())
        .unwrap_or(Duration::ZERO);
    let expected = expected(changes);
    if left < expected {
        screen::say(warning(left, expected));
    }
}

fn expected(changes: &[Change]) -> Duration {
    let creates = !changes.is_empty()
        && changes
            .iter()
            .all(|change| change.action == crate::change_set::Action::Add);
    if creates { CREATE } else { UPDATE }
}

fn warning(left: Duration, expected: Duration) -> String {
    let minutes = |duration: Duration| duration.as_secs().div_ceil(60);
    format!(
        "these credentials end in {} min, and this can take {} min. CloudFormation goes on without \
         them, but this command would end with exit code 4; sign in again first, or run the same \
         command again afterwards\n",
        minutes(left),
        minutes(expected)
    )
}
