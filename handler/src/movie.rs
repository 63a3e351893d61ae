//! The domain: what a movie is, which JSON describes one, and what can go wrong on its way into
//! the store. It knows neither Lambda nor a database client.

mod number;
#[cfg(test)]
mod tests;

use std::error::Error;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::number::Number;

/// Bytes of a partition key's value.
const MAX_ID_BYTES: usize = 2048;
/// Bytes of an item, attribute names included.
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// A movie that the store will take: its constructor checks the table's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Movie {
    id: String,
    title: String,
    year: Number,
}

/// Why a movie was not inserted, one variant for each answer a client gets.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InsertError {
    #[error("body {0}")]
    Malformed(String),
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    #[error("movie is larger than {MAX_ITEM_BYTES} bytes")]
    TooLarge,
    #[error("the store is throttled")]
    Throttled(#[source] Box<dyn Error + Send + Sync>),
    #[error("cannot store the movie")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

pub(crate) trait MovieStore {
    /// Replaces the movie of the same id.
    async fn insert(&self, movie: &Movie) -> Result<(), InsertError>;
}

/// The members of the body that are read. Values stay text, so that a number keeps its digits and
/// a wrong type is reported beside the other problems instead of before them.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    year: Option<&'a RawValue>,
}

impl Movie {
    /// Reads a request body; members other than a movie's are ignored.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, InsertError> {
        let fields = Fields::from_json(body)?;
        let mut problems = Vec::new();
        let mut keep = |problem: String| problems.push(problem);
        let id = string("id", fields.id)
            .and_then(check_id)
            .map_err(&mut keep)
            .ok();
        let title = string("title", fields.title).map_err(&mut keep).ok();
        let year = number("year", fields.year).map_err(&mut keep).ok();

        match (id, title, year) {
            (Some(id), Some(title), Some(year)) => Self { id, title, year }.check_size(),
            _ => Err(InsertError::Invalid(problems)),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn year(&self) -> &Number {
        &self.year
    }

    // The size of a number is documented approximately, so a byte around the limit belongs to the
    // store, which answers the same error.
    fn check_size(self) -> Result<Self, InsertError> {
        let names = "id".len() + "title".len() + "year".len();
        let values = self.id.len() + self.title.len() + self.year.size();
        if names + values > MAX_ITEM_BYTES {
            return Err(InsertError::TooLarge);
        }
        Ok(self)
    }
}

impl<'a> Fields<'a> {
    fn from_json(body: &'a [u8]) -> Result<Self, InsertError> {
        let malformed = |reason: &str| InsertError::Malformed(reason.to_owned());
        let text = str::from_utf8(body).map_err(|_| malformed("is not valid UTF-8"))?;
        // serde reads an array into a struct as well.
        match text.trim_ascii_start().chars().next() {
            None => Err(malformed("is empty")),
            Some('{') => serde_json::from_str(text)
                .map_err(|err| InsertError::Malformed(format!("is not valid JSON: {err}"))),
            Some(_) => Err(malformed("is not a JSON object")),
        }
    }
}

fn string(name: &str, value: Option<&RawValue>) -> Result<String, String> {
    let text = value.ok_or_else(|| missing(name))?.get();
    if !text.starts_with('"') {
        return Err(format!("`{name}` must be a string"));
    }
    // JSON can escape half of a surrogate pair, which no text contains.
    serde_json::from_str(text).map_err(|_| format!("`{name}` must be valid Unicode"))
}

fn check_id(id: String) -> Result<String, String> {
    if id.is_empty() {
        return Err("`id` must not be empty".to_owned());
    }
    if id.len() > MAX_ID_BYTES {
        return Err(format!("`id` must have at most {MAX_ID_BYTES} bytes"));
    }
    Ok(id)
}

fn number(name: &str, value: Option<&RawValue>) -> Result<Number, String> {
    let text = value.ok_or_else(|| missing(name))?.get();
    let parsed = match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(text)
            .ok()
            .and_then(|text| Number::parse(&text)),
        Some(b'-' | b'0'..=b'9') => Number::parse(text),
        _ => return Err(format!("`{name}` must be a number or a string")),
    };
    parsed.ok_or_else(|| {
        format!(
            "`{name}` must be a number of at most 38 significant digits \
             between 1E-130 and 9.99E+125, or its negative, or 0"
        )
    })
}

fn missing(name: &str) -> String {
    format!("`{name}` is missing")
}
