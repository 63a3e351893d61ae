use expect_test::expect;

use super::*;

fn key(tier: &'static str, id: &str, state: State, used: Option<u64>, seen: Option<&str>) -> Key {
    Key {
        tier,
        id: id.to_owned(),
        name: format!("movies-dev-{}-1", tier),
        state,
        created_at: 1_795_513_442,
        used_today: used,
        quota: Some(10_000),
        quota_period: Some("DAY".to_owned()),
        last_seen: seen.map(str::to_owned),
    }
}

#[test]
fn the_table_says_which_key_is_which() {
    let keys = [
        key(
            "standard",
            "a1b2c3d4e5",
            State::Current,
            Some(9_999),
            Some("2026-11-24"),
        ),
        key(
            "standard",
            "f6g7h8i9j0",
            State::Old,
            Some(0),
            Some("2026-11-02"),
        ),
        key("standard", "k1l2m3n4o5", State::Disabled, Some(0), None),
        key("premium", "p6q7r8s9t0", State::Current, None, None),
    ];
    let text = render(&keys, "2026-11-24");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    expect![[r#"
        TIER      ID          STATE             USED TODAY            LAST SEEN
        standard  a1b2c3d4e5  current           9999 of 10000 (99 %)  today
        standard  f6g7h8i9j0  old, valid still  0 of 10000 (0 %)      2026-11-02
        standard  k1l2m3n4o5  disabled          0 of 10000 (0 %)      not in 30 days
        premium   p6q7r8s9t0  current           ? of 10000            ?"#]]
    .assert_eq(&text);
}

#[test]
fn a_key_was_last_seen_on_the_last_day_with_a_request() {
    let dates: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    assert_eq!(seen(&[], &dates), (0, None));
    assert_eq!(seen(&[(0, 9), (0, 9)], &dates), (0, None));
    assert_eq!(seen(&[(5, 4), (0, 9)], &dates), (0, Some("c".to_owned())));
    let all = [(1, 9), (2, 7), (0, 9), (3, 6)];
    assert_eq!(seen(&all, &dates), (3, Some("d".to_owned())));
}
