//! What can be wrong with a request, one thing at a time.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

use crate::generated::Member;
use crate::generated::json::Escapes;
use crate::generated::year::{Year, no_year};

#[derive(Clone, Debug)]
pub(crate) enum Damage {
    MemberRemoved(Member),
    /// To one of the other types.
    MemberRetyped(Member, Index),
    IdEmpty,
    /// By so many bytes.
    TextTooLong(Member, usize),
    NoYear(Year),
    /// Half a surrogate pair in an escape.
    HalfAPair(Member),
    TooLarge,
    MemberTwice(Index, Escapes),
    MemberTwiceInside,
    /// So many levels below the top.
    Nested(usize, bool),
    /// A character that a string in JSON cannot have.
    ControlInText(u8),
    NumberWithoutEnd,
    BeforeBody(&'static str),
    BehindBody(&'static str),
    BodyCut(Index),
    BodyFlipped(Index, u8),
    Base64Claimed,
    Base64Unclaimed,
    Base64Flipped(Index, u8),
    ContentType(&'static str),
    /// Another one beside the one that is right.
    SecondContentType,
    IfNoneMatch(&'static str),
    Method(String),
    Resource(String),
    EventMemberRemoved(&'static str, u16),
    EventMemberRetyped(&'static str, Vec<u8>),
    EventMemberNull(&'static str, u16),
    EventMemberTwice(&'static str, u16),
}

pub(super) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        300 => damage_to_movie(),
        300 => damage_to_body(),
        300 => damage_to_event(),
        // A request of this size takes as long as hundreds of others.
        1 => Just(Damage::TooLarge),
    ]
}

fn damage_to_movie() -> impl Strategy<Value = Damage> {
    let member = || select(&Member::ALL[..]);
    let text = || select(&[Member::Id, Member::Title][..]);
    prop_oneof![
        2 => member().prop_map(Damage::MemberRemoved),
        2 => (member(), any::<Index>()).prop_map(|(member, to)| Damage::MemberRetyped(member, to)),
        1 => Just(Damage::IdEmpty),
        1 => (text(), 1..100_usize).prop_map(|(member, by)| Damage::TextTooLong(member, by)),
        4 => no_year().prop_map(Damage::NoYear),
        1 => text().prop_map(Damage::HalfAPair),
    ]
}

fn damage_to_body() -> impl Strategy<Value = Damage> {
    let before = ["\u{feff}", "\0", ",", "1", "[", "\u{a0}", "//\n", "\"\""];
    let behind = ["\0", ",", "{}", "]", "\u{a0}", "\u{feff}", "null", "//"];
    prop_oneof![
        2 => (any::<Index>(), select(&[Escapes::None, Escapes::All][..]))
            .prop_map(|(at, escapes)| Damage::MemberTwice(at, escapes)),
        1 => Just(Damage::MemberTwiceInside),
        2 => (1..40_usize, any::<bool>())
            .prop_map(|(levels, is_array)| Damage::Nested(levels, is_array)),
        1 => (0..0x20_u8).prop_map(Damage::ControlInText),
        1 => Just(Damage::NumberWithoutEnd),
        1 => select(before.to_vec()).prop_map(Damage::BeforeBody),
        1 => select(behind.to_vec()).prop_map(Damage::BehindBody),
        3 => any::<Index>().prop_map(Damage::BodyCut),
        6 => (any::<Index>(), 1..=u8::MAX).prop_map(|(at, mask)| Damage::BodyFlipped(at, mask)),
        1 => Just(Damage::Base64Claimed),
        1 => Just(Damage::Base64Unclaimed),
        2 => (any::<Index>(), 1..0x80_u8).prop_map(|(at, mask)| Damage::Base64Flipped(at, mask)),
    ]
}

fn damage_to_event() -> impl Strategy<Value = Damage> {
    let content_types = [
        "",
        "text/plain",
        "application/xml",
        "application/jsonp",
        "application",
        "*/*",
        "application/json, text/plain",
        "multipart/form-data",
        "json",
        "application/json; charset=utf-8, text/plain",
    ];
    let if_none_match = ["", "\"a\"", "W/\"a\"", "*, \"a\"", "**", "\"*\"", "a"];
    // What each comes to where it is missing, null or there twice.
    let removed = [
        ("httpMethod", 400),
        ("resource", 400),
        ("body", 400),
        ("path", 200),
        ("requestContext", 200),
        ("stageVariables", 200),
    ];
    let twice = [
        ("httpMethod", 400),
        ("resource", 400),
        ("body", 400),
        ("headers", 400),
        ("multiValueHeaders", 400),
        ("isBase64Encoded", 400),
        ("requestContext", 400),
        ("path", 200),
    ];
    let known = [
        "httpMethod",
        "resource",
        "body",
        "headers",
        "requestContext",
        "isBase64Encoded",
    ];
    let word = || vec(any::<char>(), 0..8).prop_map(String::from_iter);
    prop_oneof![
        select(content_types.to_vec()).prop_map(Damage::ContentType),
        Just(Damage::SecondContentType),
        select(if_none_match.to_vec()).prop_map(Damage::IfNoneMatch),
        prop_oneof![
            select(&["TRACE", "CONNECT", "post", "POST ", ""][..]).prop_map(str::to_owned),
            word(),
        ]
        .prop_map(Damage::Method),
        prop_oneof![
            select(&["/{proxy+}", "//", "", "/ ", "/no/such/path"][..]).prop_map(str::to_owned),
            word().prop_map(|word| word + "/x"),
        ]
        .prop_map(Damage::Resource),
        select(removed.to_vec())
            .prop_map(|(name, status)| Damage::EventMemberRemoved(name, status)),
        (select(known.to_vec()), vec(any::<u8>(), 1..6))
            .prop_map(|(name, value)| Damage::EventMemberRetyped(name, value)),
        select(removed.to_vec()).prop_map(|(name, status)| Damage::EventMemberNull(name, status)),
        select(twice.to_vec()).prop_map(|(name, status)| Damage::EventMemberTwice(name, status)),
    ]
}
