//! This repository's names as another service's: which they are, what may replace them, and a
//! file's text and path with the new ones. It reads and writes nothing.

use std::borrow::Cow;

use anyhow::Context as _;
use regex_lite::{Captures, Regex};

mod key;
mod removal;
#[cfg(test)]
mod tests;

use self::key::Key;
pub(crate) use self::removal::without_the_command;

/// What the names are until a team has others.
const FUNCTION: &str = "apigw_handler";

/// What a line has in it that has a name.
const SIGNS: [&str; 3] = ["ovie", "OVIE", FUNCTION];

/// Words that no Rust name may be.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else \
    enum extern false final fn for gen if impl in let loop macro match mod move mut override priv \
    pub ref return self static struct super trait true try type typeof union unsafe unsized use \
    virtual where while yield";

/// The names that a team chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// Of the service: first part of the stacks' names, and their tag `service`.
    pub(crate) service: String,
    /// One of what the table holds.
    pub(crate) noun: String,
    /// Many of them.
    pub(crate) plural: String,
    pub(crate) function: String,
    /// The table's key, and the member of a body that it is taken from.
    pub(crate) key: String,
}

/// A choice of names as it was made, with what was left to be derived.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) noun: String,
    pub(crate) plural: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) function: Option<String>,
    pub(crate) key: Option<String>,
}

impl Names {
    /// # Errors
    ///
    /// A name that Rust, DynamoDB, Lambda or CloudFormation would refuse.
    pub(crate) fn of(chosen: Chosen) -> anyhow::Result<Self> {
        let plural = chosen.plural.unwrap_or_else(|| plural_of(&chosen.noun));
        let service = chosen.service.unwrap_or_else(|| plural.clone());
        let names = Self {
            function: chosen
                .function
                .unwrap_or_else(|| format!("{}_handler", service.replace('-', "_"))),
            key: chosen.key.unwrap_or_else(|| key::NOW.to_owned()),
            noun: chosen.noun,
            plural,
            service,
        };
        let word = Regex::new("^[a-z][a-z0-9]{1,31}$")?;
        for noun in [&names.noun, &names.plural] {
            if !word.is_match(noun) {
                anyhow::bail!(
                    "`{noun}` is not one word of 2 to 32 lowercase letters and digits, and it \
                     becomes names of Rust: choose a single word, such as `order`"
                );
            }
            if KEYWORDS.split_whitespace().any(|keyword| keyword == noun) {
                anyhow::bail!("`{noun}` is a word of Rust's; choose another");
            }
        }
        if names.noun == names.plural {
            anyhow::bail!(
                "`{}` is one and many; give another word with `--plural`",
                names.noun
            );
        }
        let service = Regex::new("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")?;
        if !service.is_match(&names.service) || names.service.len() > 32 {
            anyhow::bail!(
                "`{}` cannot be the service's name: 1 to 32 lowercase letters, digits and single \
                 hyphens, a letter first",
                names.service
            );
        }
        // A stage's function has `_` and up to 16 letters more, and Lambda takes 64.
        let function = Regex::new("^[A-Za-z0-9_-]{1,47}$")?;
        if !function.is_match(&names.function) {
            anyhow::bail!(
                "`{}` cannot be the function's name: 1 to 47 letters, digits, `_` and `-`",
                names.function
            );
        }
        key::check(&names.key)?;
        Ok(names)
    }

    /// The service's name where letters and digits are all there may be: `HotelBookings`.
    pub(crate) fn namespace(&self) -> String {
        self.service.split('-').map(capitalized).collect()
    }

    /// The noun as a type's name.
    pub(crate) fn domain_type(&self) -> String {
        capitalized(&self.noun)
    }
}

/// Files with the new names.
#[derive(Debug)]
pub(crate) struct Renaming<'a> {
    names: &'a Names,
    words: Regex,
    key: Option<Key>,
}

impl<'a> Renaming<'a> {
    pub(crate) fn to(names: &'a Names) -> anyhow::Result<Self> {
        // The service first: `movies` alone is the plural, and a part of longer names.
        let words = Regex::new(&format!(
            "(?P<article>\\b[Aa] )?(?P<quote>[`\"]?)(?P<word>{FUNCTION}\
             |\\bname: \"movies\"|movies-|[Mm]ovies service|\\bMovies\\b\
             |movies|Movies|MOVIES|movie|Movie|MOVIE)"
        ))
        .context("the words to look for are no expression")?;
        Ok(Self {
            names,
            words,
            key: Key::to(&names.key)?,
        })
    }

    /// A file's text with the new names, and how many there are of them.
    pub(crate) fn text(&self, path: &str, text: &str) -> (String, usize) {
        let (text, keys) = match &self.key {
            Some(key) => key.text(path, text),
            None => (text.to_owned(), 0),
        };
        let mut places = keys;
        let mut written = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            // Most lines have no name, and the expression takes its time.
            match SIGNS.iter().any(|sign| line.contains(sign)) {
                true => written.push_str(&self.line(line, &mut places)),
                false => written.push_str(line),
            }
        }
        (written, places)
    }

    fn line<'l>(&self, line: &'l str, places: &mut usize) -> Cow<'l, str> {
        self.words.replace_all(line, |found: &Captures<'_>| {
            *places += 1;
            let word = self.word(&found["word"]);
            let article = found.name("article").map_or("", |one| one.as_str());
            let article = match article.trim_end() {
                "a" if begins_with_vowel(&word) => "an ",
                "A" if begins_with_vowel(&word) => "An ",
                _ => article,
            };
            format!("{article}{}{word}", &found["quote"])
        })
    }

    /// Where a file goes.
    pub(crate) fn path(&self, path: &str) -> String {
        let path = self.words.replace_all(path, |found: &Captures<'_>| {
            format!("{}{}", &found["quote"], self.word(&found["word"]))
        });
        path.into_owned()
    }

    fn word(&self, word: &str) -> String {
        let names = self.names;
        match word {
            FUNCTION => names.function.clone(),
            "movies-" => format!("{}-", names.service),
            "movies service" => format!("{} service", names.service),
            "Movies service" => format!("{} service", capitalized(&names.service)),
            "Movies" => names.namespace(),
            "movies" => names.plural.clone(),
            "MOVIES" => names.plural.to_uppercase(),
            "movie" => names.noun.clone(),
            "Movie" => names.domain_type(),
            "MOVIE" => names.noun.to_uppercase(),
            _ => word.replace("movies", &names.service),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// English's rule for regular nouns.
fn plural_of(noun: &str) -> String {
    let consonant_y = noun.strip_suffix('y').filter(|stem| {
        stem.ends_with(|letter: char| letter.is_ascii_alphabetic() && !"aeiou".contains(letter))
    });
    match (noun, consonant_y) {
        (_, Some(stem)) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| noun.ends_with(end)) =>
        {
            format!("{noun}es")
        }
        _ => format!("{noun}s"),
    }
}

/// As far as letters tell; of words with a `u` most begin like `user`.
fn begins_with_vowel(word: &str) -> bool {
    word.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O'])
}
