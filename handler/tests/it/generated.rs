//! Requests made by chance, as parts that a test can break before they become an event. What is
//! right is written down here once more, apart from the function's own reading.

pub(crate) mod broken;
pub(crate) mod hostile;
pub(crate) mod json;
pub(crate) mod year;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_smithy_types::base64;
use handler::movie::{MAX_BODY_BYTES, MAX_ID_BYTES, MAX_TITLE_BYTES};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRunner};

use self::json::{Escapes, quoted, value};
use self::year::{Year, year};

/// Texts that have gone wrong somewhere before.
const ODD_TEXTS: &[&str] = &[
    " ",
    "\0",
    "\u{feff}",
    "null",
    "\"",
    "\\",
    "{\"id\": 1}",
    "\u{1f3ac} マトリックス",
    "e\u{301}",
    "\u{202e}txt",
    "\u{2028}\u{85}\r\n",
    "\u{d7ff}\u{e000}\u{ffff}\u{10ffff}",
    "__proto__",
    "' OR 1=1 --",
    "${jndi:ldap://localhost}",
];

/// Names beside which a movie's members must still be found.
const ODD_NAMES: &[&str] = &[
    "",
    "ID",
    "id ",
    "Title",
    "years",
    "writeToken",
    "\u{feff}id",
    "\0",
];

const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "APPLICATION/JSON",
    " application/json ",
    "application/json;charset=utf-8",
    "application/json;",
    "application/json; charset=utf8; charset=us-ascii",
    "application/json; a=\"b, \\\", c\"",
    "application/json; charset=\"UTF-8\"",
    "application/json; charset=utf-8; profile=x",
    "application/vnd.movie+json",
    "application/problem+json; charset=Utf-8",
];

pub(crate) type Checked<T = ()> = Result<T, TestCaseError>;

/// Runs a test on so many values, and shows the simplest for which it fails.
pub(crate) fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Checked) {
    let config = Config {
        cases,
        // The simplest value is in the message, and becomes a test of its own.
        failure_persistence: None,
        // The other one takes a fifth of the time where nothing is optimized.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    };
    if let Err(err) = TestRunner::new(config).run(&strategy, test) {
        panic!("{err}");
    }
}

/// A request that inserts a movie.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) year: Year,
    /// Names and values as JSON, in the order of the body.
    pub(crate) members: Vec<(String, String)>,
    /// Between the tokens of the body.
    pub(crate) blank: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) maps: HeaderMaps,
    pub(crate) has_base64: bool,
    pub(crate) has_request_id: bool,
}

/// In which of the event's two maps the headers are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HeaderMaps {
    Both,
    /// The other is null.
    Single,
    Multi,
    /// The other is absent.
    SingleAlone,
}

/// An event as its members' JSON: a name can be there twice, and a value be anything.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    members: Vec<(String, String)>,
}

/// What API Gateway sends, so that events here have everything that real ones have.
static COMPLETE: LazyLock<Event> = LazyLock::new(|| {
    let event = rig::contract::event("");
    let members = event.as_object().unwrap().iter();
    Event {
        members: members
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect(),
    }
});

static CONTEXT_WITHOUT_ID: LazyLock<String> = LazyLock::new(|| {
    let mut event = rig::contract::event("");
    let context = event["requestContext"].as_object_mut().unwrap();
    context.remove("requestId");
    event["requestContext"].to_string()
});

impl Event {
    pub(crate) fn complete() -> Self {
        COMPLETE.clone()
    }

    pub(crate) fn set(&mut self, name: &str, json: impl Into<String>) {
        match self.members.iter_mut().find(|(member, _)| member == name) {
            Some((_, value)) => *value = json.into(),
            None => self.members.push((name.to_owned(), json.into())),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.members.retain(|(member, _)| member != name);
    }

    /// Writes a member once more.
    pub(crate) fn repeat(&mut self, name: &str) {
        let member = self.members.iter().find(|(member, _)| member == name);
        self.members.extend(member.cloned());
    }

    pub(crate) fn set_body(&mut self, body: &str, has_base64: bool) {
        let text = match has_base64 {
            true => base64::encode(body),
            false => body.to_owned(),
        };
        self.set("body", quoted(&text, Escapes::None));
        self.set("isBase64Encoded", has_base64.to_string());
    }

    pub(crate) fn set_headers(&mut self, headers: &[(&str, String)], maps: HeaderMaps) {
        let map = |open: &str, close: &str| {
            let headers = headers.iter().map(|(name, value)| {
                let value = quoted(value, Escapes::None);
                format!("\"{name}\":{open}{value}{close}")
            });
            format!("{{{}}}", headers.collect::<Vec<_>>().join(","))
        };
        let null = || "null".to_owned();
        let (single, multi) = match maps {
            HeaderMaps::Both => (map("", ""), map("[", "]")),
            HeaderMaps::Single | HeaderMaps::SingleAlone => (map("", ""), null()),
            HeaderMaps::Multi => (null(), map("[", "]")),
        };
        self.set("headers", single);
        self.set("multiValueHeaders", multi);
        if matches!(maps, HeaderMaps::SingleAlone) {
            self.remove("multiValueHeaders");
        }
    }

    pub(crate) fn text(&self) -> String {
        let members = self.members.iter();
        let members = members.map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

impl Request {
    pub(crate) fn body(&self) -> String {
        let blank = self.blank;
        let members = self.members.iter();
        let members =
            members.map(|(name, value)| format!("{blank}{name}{blank}:{blank}{value}{blank}"));
        let members = members.collect::<Vec<_>>().join(",");
        format!("{blank}{{{members}}}{blank}")
    }

    pub(crate) fn event(&self) -> Event {
        let mut event = self.event_without_body();
        event.set_body(&self.body(), self.has_base64);
        event
    }

    pub(crate) fn event_without_body(&self) -> Event {
        let mut event = Event::complete();
        event.set_headers(&self.headers, self.maps);
        if !self.has_request_id {
            event.set("requestContext", CONTEXT_WITHOUT_ID.as_str());
        }
        event
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|header| header.eq_ignore_ascii_case(name))
    }

    /// The value as JSON, whatever was there.
    pub(crate) fn set_member(&mut self, member: Member, value: String) {
        let at = self.position(member);
        self.members[at].1 = value;
    }

    pub(crate) fn remove_member(&mut self, member: Member) {
        let at = self.position(member);
        self.members.remove(at);
    }

    fn position(&self, member: Member) -> usize {
        let names = [member.name(Escapes::None), member.name(Escapes::All)];
        let found = self
            .members
            .iter()
            .position(|(name, _)| names.contains(name));
        found.unwrap()
    }
}

/// One of a movie's members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Member {
    Id,
    Title,
    Year,
}

impl Member {
    pub(crate) const ALL: [Self; 3] = [Self::Id, Self::Title, Self::Year];

    pub(crate) fn name(self, escapes: Escapes) -> String {
        let name = match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Year => "year",
        };
        quoted(name, escapes)
    }

    pub(crate) fn pointer(self) -> &'static str {
        match self {
            Self::Id => "#/id",
            Self::Title => "#/title",
            Self::Year => "#/year",
        }
    }
}

/// Every legal shape of a request that inserts a movie.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let movie = (text(MAX_ID_BYTES), title(), year());
    let names = [escapes(), escapes(), escapes()];
    let values = [escapes(), escapes()];
    let body = (extra_members(), select(&["", "", " ", "\r\n\t "][..]));
    let around = (headers(), maps(), any::<bool>(), any::<bool>());
    let parts = (movie, names, values, body, around, any::<u8>());
    let requests = parts.prop_map(|(movie, names, values, body, around, turn)| {
        let (id, title, year) = movie;
        let (extra, blank) = body;
        let (headers, maps, has_base64, has_request_id) = around;
        let [id_name, title_name, year_name] = names;
        let mut members = vec![
            (Member::Id.name(id_name), quoted(&id, values[0])),
            (Member::Title.name(title_name), quoted(&title, values[1])),
            (Member::Year.name(year_name), year.json()),
        ];
        members.extend(extra);
        let count = members.len();
        members.rotate_left(usize::from(turn) % count);
        if turn >= 128 {
            members.reverse();
        }
        Request {
            id,
            title,
            year,
            members,
            blank,
            headers,
            maps,
            has_base64,
            has_request_id,
        }
    });
    // Long texts written in escapes can get past it.
    requests.prop_filter("the body is too large", |request| {
        request.body().len() <= MAX_BODY_BYTES
    })
}

/// At least one character, and at most so many bytes.
fn text(limit: usize) -> impl Strategy<Value = String> {
    let chars = vec(any::<char>(), 1..10).prop_map(String::from_iter);
    let full = (any::<char>(), 0..10_usize).prop_map(move |(char, less)| {
        let count = (limit - less) / char.len_utf8();
        char.to_string().repeat(count)
    });
    prop_oneof![
        20 => chars,
        10 => select(ODD_TEXTS).prop_map(str::to_owned),
        1 => full,
    ]
}

fn title() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        20 => text(MAX_TITLE_BYTES),
    ]
}

fn escapes() -> impl Strategy<Value = Escapes> {
    select(&[Escapes::None, Escapes::None, Escapes::All][..])
}

/// Members that are not a movie's, each name once.
fn extra_members() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        select(ODD_NAMES).prop_map(str::to_owned),
        // A digit keeps it from being one of the movie's.
        vec(any::<char>(), 0..6).prop_map(|chars| format!("1{}", String::from_iter(chars))),
    ];
    vec((name, value()), 0..3).prop_map(|members| {
        let members: BTreeMap<String, String> = members.into_iter().collect();
        let members = members.into_iter();
        members
            .map(|(name, value)| (quoted(&name, Escapes::None), value))
            .collect()
    })
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let content_type_name = select(&["Content-Type", "content-type", "CONTENT-TYPE"][..]);
    let content_type = prop_oneof![
        1 => Just(None),
        8 => (content_type_name, select(CONTENT_TYPES)).prop_map(Some),
    ];
    let if_none_match = prop_oneof![
        2 => Just(None),
        1 => select(
            &[("If-None-Match", "*"), ("if-none-match", "*"), ("If-None-Match", " * ")][..]
        )
        .prop_map(Some),
    ];
    let other = prop_oneof![
        2 => Just(None),
        1 => select(
            &[
                ("If-Match", "\"a\""),
                ("Content-Typ", "text/plain"),
                ("X-Content-Type", "text/plain"),
                ("", ""),
                ("Content-Encoding", "identity"),
            ][..]
        )
        .prop_map(Some),
    ];
    (content_type, if_none_match, other).prop_map(|(content_type, if_none_match, other)| {
        let headers = [content_type, if_none_match, other].into_iter().flatten();
        headers
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    })
}

fn maps() -> impl Strategy<Value = HeaderMaps> {
    select(
        &[
            HeaderMaps::Both,
            HeaderMaps::Single,
            HeaderMaps::Multi,
            HeaderMaps::SingleAlone,
        ][..],
    )
}
