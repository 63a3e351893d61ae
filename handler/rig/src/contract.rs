//! The function's contract as data: events, what DynamoDB does meanwhile, and what has to come
//! of it. It knows no way to call the function.

mod check;
mod event;
mod failures;
mod json;
mod movies;
mod requests;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dynamodb::{DynamoDb, Step};

pub use self::check::{check, check_log};
pub use self::event::{API_KEY, event, with_header, without_header};
pub use self::requests::ROUTES;

/// What a row allows its answer to take, so that clients get ours and not API Gateway's.
pub const ANSWERED_WITHIN: Duration = Duration::from_millis(3500);

/// One event and what has to come of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    /// Sent first, to a DynamoDB that stores; each is answered with 200.
    pub before: Vec<Value>,
    pub event: Value,
    /// DynamoDB's steps for this event, and those after them.
    pub script: Vec<Step>,
    pub then: Step,
    pub expect: Expect,
}

/// What comes of an event, besides the rules that `check` holds against every reply.
#[derive(Clone, Debug)]
pub struct Expect {
    pub status: u16,
    /// Where the contract leaves a choice, the other answer; the table is then not compared.
    pub or_status: Option<u16>,
    /// Whether an error has to say that the movie may be stored or not; any other must not.
    pub may_be_stored: bool,
    pub headers: Vec<(&'static str, String)>,
    /// The pointers of the answer's `errors`, in any order.
    pub pointers: Vec<&'static str>,
    /// Every movie in the table afterwards.
    pub table: Vec<Movie>,
}

/// A movie as the table holds it; equal years may be written differently.
#[derive(Clone, Debug)]
pub struct Movie {
    pub id: String,
    pub title: String,
    pub year: String,
}

/// All of the contract except `connection_refused`.
pub fn rows() -> Vec<Row> {
    [
        requests::rows(),
        json::rows(),
        movies::rows(),
        failures::rows(),
    ]
    .concat()
}

/// The row for a function whose endpoint is a `refused_port`; the DynamoDB it is checked against
/// is one that nobody asked.
pub fn connection_refused() -> Row {
    row("connection refused", event(MATRIX)).fails(503)
}

/// Holds one row against a function that uses `dynamodb`, which may have served other rows.
/// `send` hands an event to the function and returns its reply.
pub fn run(row: &Row, dynamodb: &DynamoDb, mut send: impl FnMut(&Value) -> Value) {
    dynamodb.set(vec![], Step::Store);
    dynamodb.clear();
    for event in &row.before {
        let reply = send(event);
        assert_eq!(reply["statusCode"], 200, "before `{}`: {reply}", row.name);
    }
    dynamodb.set(row.script.clone(), row.then.clone());
    let begin = Instant::now();
    let reply = send(&row.event);
    let elapsed = begin.elapsed();
    check(row, &reply, dynamodb);
    assert!(
        elapsed <= ANSWERED_WITHIN,
        "`{}` took {elapsed:?}",
        row.name
    );
}

/// The body of most rows, and the movie it becomes.
const MATRIX: &str = r#"{"id": "tt0133093", "title": "The Matrix", "year": 1999}"#;

fn matrix() -> Movie {
    movie("tt0133093", "The Matrix", "1999")
}

fn movie(id: &str, title: &str, year: &str) -> Movie {
    Movie {
        id: id.to_owned(),
        title: title.to_owned(),
        year: year.to_owned(),
    }
}

/// A row whose event is answered with 200 and whose movie is the table's only one.
fn row(name: impl Into<String>, event: Value) -> Row {
    Row {
        name: name.into(),
        before: vec![],
        event,
        script: vec![],
        then: Step::Store,
        expect: Expect {
            status: 200,
            or_status: None,
            may_be_stored: false,
            headers: vec![],
            pointers: vec![],
            table: vec![matrix()],
        },
    }
}

impl Row {
    /// Another answer, and an empty table.
    fn fails(mut self, status: u16) -> Self {
        self.expect.status = status;
        self.expect.table.clear();
        self
    }

    fn or(mut self, status: u16) -> Self {
        self.expect.or_status = Some(status);
        self
    }

    /// A write was sent, and what became of it is not known.
    fn may_be_stored(mut self) -> Self {
        self.expect.may_be_stored = true;
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.expect.headers.push((name, value.into()));
        self
    }

    fn pointers(mut self, pointers: &[&'static str]) -> Self {
        self.expect.pointers = pointers.to_vec();
        self
    }

    fn table(mut self, table: Vec<Movie>) -> Self {
        self.expect.table = table;
        self
    }

    fn before(mut self, event: Value) -> Self {
        self.before.push(event);
        self
    }

    fn script(mut self, script: Vec<Step>) -> Self {
        self.script = script;
        self
    }

    fn then(mut self, then: Step) -> Self {
        self.then = then;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_tell_rows_apart() {
        let rows = rows();
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), rows.len());
    }

    #[test]
    fn every_method_has_a_row_that_is_answered_200() {
        for (resource, method) in ROUTES {
            let is_of_it = |row: &Row| {
                row.event["resource"] == *resource
                    && row.event["httpMethod"] == *method
                    && row.expect.status == 200
            };
            assert!(rows().iter().any(is_of_it), "{method} {resource}");
        }
    }
}
