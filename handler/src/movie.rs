//! The domain: what a movie is, which JSON describes one, and what can go wrong on its way into
//! the store. It knows neither Lambda nor a database client, and not who traces or logs.

mod json;
mod number;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use serde_json::value::RawValue;

use self::json::Members;
use self::number::Number;

/// Bytes of a partition key's value, which is DynamoDB's limit.
pub const MAX_ID_BYTES: usize = 2048;
/// Bytes of a title, which is ours.
pub const MAX_TITLE_BYTES: usize = 2048;
/// Bytes of a request body. AWS WAF's Common rules block what is longer, so a longer body would
/// get here on one stage and not on another. An item of that size is far from DynamoDB's limit.
pub const MAX_BODY_BYTES: usize = 8 * 1024;

/// A movie that the store will take: its constructor checks every limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movie {
    id: String,
    title: String,
    year: Number,
}

/// Why a movie was not inserted, one variant for each answer a client gets.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// The body is not what a movie can be read from.
    #[error("body {0}")]
    Malformed(String),
    /// The body is JSON, and these are all of its problems.
    #[error("{}", join(.0))]
    Invalid(Vec<Problem>),
    /// The body exceeds [`MAX_BODY_BYTES`].
    #[error("body is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// The id is taken, and the movie there was to be kept.
    #[error("a movie with this `id` exists")]
    Exists,
    /// The store asks for fewer requests; the retries are used up.
    #[error("the store is throttled")]
    Throttled {
        /// Of the attempts before, one may have got through.
        fate: Fate,
        /// For the log.
        #[source]
        cause: Cause,
    },
    /// The store cannot be reached or fails; a later attempt may succeed.
    #[error("the store is unavailable")]
    Unavailable {
        /// An answer that was lost may have been a good one.
        fate: Fate,
        /// For the log.
        #[source]
        cause: Cause,
    },
    /// The time for the request is over.
    #[error("the store did not answer in time")]
    Late {
        /// The time may have been over before anything was sent.
        fate: Fate,
    },
    /// The store refuses, and will refuse again until an operator mends something.
    #[error("cannot store the movie")]
    Refused {
        /// Of the attempts before, one may have got through.
        fate: Fate,
        /// For the log.
        #[source]
        cause: Cause,
    },
}

/// What became of a movie that the store did not confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was sent, or everything that was sent was refused.
    NotStored,
    /// It was sent, and may be stored or not. What becomes of a movie that exists says what
    /// repeating the request does.
    Unknown(Existing),
}

/// What a store's failure came from, for the log. It quotes nothing of a movie.
pub type Cause = Box<dyn Error + Send + Sync>;

/// One thing that is wrong with one member of the body.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// A JSON pointer (RFC 6901) as a URI fragment, as in RFC 9457's example.
    pub pointer: &'static str,
    /// What the member has to be.
    pub detail: String,
}

/// What becomes of a movie that has the id already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The new movie takes its place, so that repeating a request is safe.
    Replace,
    /// It stays, and the insertion fails with [`InsertError::Exists`].
    Keep,
}

/// One movie on its way into the store.
#[derive(Debug)]
pub struct Insertion<'a> {
    /// What is stored.
    pub movie: &'a Movie,
    /// What happens where the id is taken.
    pub existing: Existing,
    /// The time after which nobody waits for the store's answer any more.
    pub budget: Duration,
}

/// How an insertion ended.
#[derive(Debug)]
pub struct Outcome {
    /// Whether the movie is in the store.
    pub result: Result<(), InsertError>,
    /// How often the store was asked.
    pub attempts: u32,
    /// The HTTP status of its last answer, where the last attempt had one.
    pub status: Option<u16>,
}

/// Where movies are kept.
pub trait MovieStore {
    /// Stores the movie, within the insertion's budget.
    #[expect(
        async_fn_in_trait,
        reason = "every caller is generic and runs on one thread"
    )]
    async fn insert(&self, insertion: &Insertion<'_>) -> Outcome;
}

impl Movie {
    /// Reads a request body: JSON's text in UTF-8. Members other than a movie's are ignored.
    ///
    /// # Errors
    ///
    /// [`InsertError::Malformed`], [`InsertError::Invalid`] or [`InsertError::TooLarge`].
    pub fn from_json(body: &[u8]) -> Result<Self, InsertError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(InsertError::TooLarge);
        }
        let members = Members::read(body).map_err(InsertError::Malformed)?;
        let id = string(members.id);
        let title = string(members.title);
        let year = number(members.year);

        let mut problems = Vec::new();
        let mut keep = |pointer: &'static str, detail: String| {
            problems.push(Problem { pointer, detail });
        };
        let id = id
            .and_then(check_id)
            .map_err(|detail| keep("#/id", detail))
            .ok();
        let title = title
            .and_then(check_title)
            .map_err(|detail| keep("#/title", detail))
            .ok();
        let year = year.map_err(|detail| keep("#/year", detail)).ok();
        match (id, title, year) {
            (Some(id), Some(title), Some(year)) => Ok(Self { id, title, year }),
            _ => Err(InsertError::Invalid(problems)),
        }
    }

    /// The key, 1 to [`MAX_ID_BYTES`] bytes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// At most [`MAX_TITLE_BYTES`] bytes, perhaps none.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// A number in decimal digits that DynamoDB takes.
    pub fn year(&self) -> &str {
        self.year.as_str()
    }
}

fn string(value: Option<&RawValue>) -> Result<String, String> {
    let text = value.ok_or_else(missing)?.get();
    if !text.starts_with('"') {
        return Err("must be a string".to_owned());
    }
    // JSON can escape half of a surrogate pair, which no text contains.
    serde_json::from_str(text).map_err(|_| "must be valid Unicode".to_owned())
}

fn check_id(id: String) -> Result<String, String> {
    if id.is_empty() {
        return Err("must not be empty".to_owned());
    }
    check_length(id, MAX_ID_BYTES)
}

fn check_title(title: String) -> Result<String, String> {
    check_length(title, MAX_TITLE_BYTES)
}

fn check_length(text: String, limit: usize) -> Result<String, String> {
    if text.len() > limit {
        return Err(format!("must have at most {limit} bytes"));
    }
    Ok(text)
}

fn number(value: Option<&RawValue>) -> Result<Number, String> {
    let text = value.ok_or_else(missing)?.get();
    let parsed = match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(text)
            .ok()
            .and_then(|text| Number::parse(&text)),
        Some(b'-' | b'0'..=b'9') => Number::parse(text),
        _ => return Err("must be a number or a string".to_owned()),
    };
    parsed.ok_or_else(|| {
        "must be a number of at most 38 significant digits between 1E-130 and 9.99E+125, \
         or its negative, or 0"
            .to_owned()
    })
}

fn missing() -> String {
    "is missing".to_owned()
}

fn join(problems: &[Problem]) -> String {
    let problems = problems.iter().map(|problem| {
        let name = problem.pointer.trim_start_matches("#/");
        format!("`{name}` {}", problem.detail)
    });
    problems.collect::<Vec<_>>().join("; ")
}
