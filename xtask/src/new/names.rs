//! This service's names as another one's: which they are, what may replace them, and a text with
//! the new ones.

use anyhow::Context as _;
use regex_lite::{Captures, Regex};

/// What the names are here.
const FUNCTION: &str = "apigw_handler";

/// What a line has in it that has a name.
const SIGNS: [&str; 3] = ["ovie", "OVIE", FUNCTION];

/// Words that no Rust name may be.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else \
    enum extern false final fn for gen if impl in let loop macro match mod move mut override priv \
    pub ref return self static struct super trait true try type typeof union unsafe unsized use \
    virtual where while yield";

/// Ends of a plural that more than one singular may have: `cases` and `buses`, `caches` and
/// `batches`.
const AMBIGUOUS: [&str; 9] = ["ss", "us", "is", "ses", "xes", "zes", "ches", "shes", "oes"];

/// The names of a service.
#[derive(Debug)]
pub(crate) struct Names {
    /// First part of the stacks' names, and their tag `service`.
    pub(crate) service: String,
    /// One of what the table holds, a module of Rust's.
    pub(crate) noun: String,
    plural: String,
    words: Regex,
}

impl Names {
    /// The names of `service`; without `noun`, one of what the last word of its name has many of.
    ///
    /// # Errors
    ///
    /// A name that Rust, Lambda or CloudFormation would refuse, or a plural that does not tell its
    /// singular.
    pub(crate) fn of(service: &str, noun: Option<&str>) -> anyhow::Result<Self> {
        // A stage's function has `_handler_` and up to 16 letters more, and Lambda takes 64.
        let allowed = Regex::new("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")?;
        if !allowed.is_match(service) || service.len() > 32 {
            anyhow::bail!(
                "`{service}` cannot be the service's name: it is 1 to 32 lowercase letters, digits \
                 and single hyphens, a letter first, such as `orders`"
            );
        }
        let last = service.rsplit('-').next().unwrap_or(service);
        let noun = match noun {
            Some(noun) => noun.to_owned(),
            None => singular_of(last).with_context(|| {
                format!("one of `{last}` cannot be told by a rule; say what it is with `--noun`")
            })?,
        };
        let word = Regex::new("^[a-z][a-z0-9]{1,31}$")?;
        if !word.is_match(&noun) {
            anyhow::bail!(
                "`{noun}` is not one word of 2 to 32 lowercase letters and digits, and it becomes \
                 names of Rust: choose a single word with `--noun`, such as `order`"
            );
        }
        if KEYWORDS.split_whitespace().any(|keyword| keyword == noun) {
            anyhow::bail!("`{noun}` is a word of Rust's; choose another with `--noun`");
        }
        // The service first: `movies` alone is the plural, and a part of longer names.
        let words = Regex::new(&format!(
            "(?P<article>(?:^|[^'A-Za-z0-9_])[Aa] )?(?P<quote>[`\"]?)(?P<word>{FUNCTION}\
             |\\bname: \"movies\"|movies-|[Mm]ovies service|\\bMovies\\b\
             |movies|Movies|MOVIES|movie|Movie|MOVIE)"
        ))?;
        Ok(Self {
            service: service.to_owned(),
            plural: plural_of(&noun),
            noun,
            words,
        })
    }

    /// The noun as a type's name.
    pub(crate) fn domain_type(&self) -> String {
        capitalized(&self.noun)
    }

    /// A file's text, or its path, with these names.
    pub(crate) fn put_into(&self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            // Most lines have no name, and the expression takes its time.
            match SIGNS.iter().any(|sign| line.contains(sign)) {
                true => written.push_str(&self.words.replace_all(line, |found: &Captures<'_>| {
                    let word = self.word(&found["word"]);
                    let article = found.name("article").map_or("", |one| one.as_str());
                    let (article, n) = match article.strip_suffix(' ') {
                        Some(article) if begins_with_vowel(&word) => (article, "n "),
                        _ => (article, ""),
                    };
                    format!("{article}{n}{}{word}", &found["quote"])
                })),
                false => written.push_str(line),
            }
        }
        written
    }

    fn word(&self, word: &str) -> String {
        let service = &self.service;
        match word {
            FUNCTION => format!("{}_handler", service.replace('-', "_")),
            "Movies service" => format!("{} service", capitalized(service)),
            // Letters and digits are all there may be in a namespace's place.
            "Movies" => service.split('-').map(capitalized).collect(),
            "movies" => self.plural.clone(),
            "MOVIES" => self.plural.to_uppercase(),
            "movie" => self.noun.clone(),
            "Movie" => self.domain_type(),
            "MOVIE" => self.noun.to_uppercase(),
            _ => word.replace("movies", service),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// English's rule for regular nouns, backwards, where it has one answer.
fn singular_of(plural: &str) -> Option<String> {
    if AMBIGUOUS.iter().any(|end| plural.ends_with(end)) {
        return None;
    }
    let noun = match plural.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => plural.strip_suffix('s')?.to_owned(),
    };
    (plural_of(&noun) == plural).then_some(noun)
}

/// English's rule for regular nouns.
fn plural_of(noun: &str) -> String {
    let vowel_before_y = ["ay", "ey", "oy", "uy"];
    match noun.strip_suffix('y') {
        Some(stem) if !vowel_before_y.iter().any(|end| noun.ends_with(end)) => {
            format!("{stem}ies")
        }
        _ => match ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| noun.ends_with(end))
        {
            true => format!("{noun}es"),
            false => format!("{noun}s"),
        },
    }
}

/// As far as letters tell; of words with a `u` most begin like `user`.
fn begins_with_vowel(word: &str) -> bool {
    word.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_is_told_where_there_is_one_answer() {
        let noun = |service: &str| Names::of(service, None).map(|names| names.noun);
        assert_eq!(noun("orders").unwrap(), "order");
        assert_eq!(noun("hotel-bookings").unwrap(), "booking");
        assert_eq!(noun("entries").unwrap(), "entry");
        assert_eq!(noun("keys").unwrap(), "key");
        for service in ["intake", "purchases", "boxes", "address"] {
            let refused = noun(service).unwrap_err().to_string();
            assert!(refused.contains("--noun"), "{service}: {refused}");
        }
    }

    #[test]
    fn a_name_that_somebody_would_refuse_is_refused() {
        let refused = |service: &str, noun: &str| {
            let refused = Names::of(service, Some(noun)).unwrap_err();
            refused.to_string()
        };
        assert!(refused("Orders", "order").contains("service's name"));
        assert!(refused("or--ders", "order").contains("service's name"));
        assert!(refused(&"o".repeat(33), "order").contains("service's name"));
        assert!(refused("orders", "purchase-order").contains("one word"));
        assert!(refused("orders", "Order").contains("one word"));
        assert!(refused("orders", "match").contains("word of Rust's"));
    }

    #[test]
    fn the_service_and_what_it_holds_are_told_apart() {
        let names = Names::of("hotel-orders", None).unwrap();
        for (text, expected) in [
            ("movies-dev", "hotel-orders-dev"),
            ("Movies service, x", "Hotel-orders service, x"),
            ("Namespace: Movies", "Namespace: HotelOrders"),
            ("drop the movies", "drop the orders"),
            ("    name: \"movies\",", "    name: \"hotel-orders\","),
            ("MovieStore, check_movie", "OrderStore, check_order"),
            ("const MOVIE", "const ORDER"),
            ("`apigw_handler`", "`hotel_orders_handler`"),
            ("A movie, or a `movie`", "An order, or an `order`"),
            ("the data movie, &'a Movie", "the data order, &'a Order"),
            ("handler/src/movie/json.rs", "handler/src/order/json.rs"),
        ] {
            assert_eq!(names.put_into(text), expected);
        }
    }
}
