use super::*;

fn chosen(noun: &str) -> Chosen {
    Chosen {
        noun: noun.to_owned(),
        ..Chosen::default()
    }
}

fn names() -> Names {
    Names::of(Chosen {
        service: Some("hotel-orders".to_owned()),
        key: Some("orderId".to_owned()),
        ..chosen("order")
    })
    .unwrap()
}

#[track_caller]
fn check(path: &str, text: &str, expected: &str) {
    let names = names();
    let renamed = Renaming::to(&names).unwrap().text(path, text).0;
    assert_eq!(renamed, expected);
}

#[test]
fn names_are_derived_from_the_noun() {
    let derived = |noun: &str| {
        let names = Names::of(chosen(noun)).unwrap();
        [names.plural, names.service, names.function]
    };
    assert_eq!(derived("order"), ["orders", "orders", "orders_handler"]);
    assert_eq!(derived("entry")[0], "entries");
    assert_eq!(derived("key")[0], "keys");
    assert_eq!(derived("tax")[0], "taxes");
    assert_eq!(names().function, "hotel_orders_handler");
}

#[test]
fn a_name_that_somebody_would_refuse_is_refused() {
    let refused = |chosen: Chosen| Names::of(chosen).unwrap_err().to_string();
    assert!(refused(chosen("purchase-order")).contains("one word"));
    assert!(refused(chosen("Order")).contains("one word"));
    assert!(refused(chosen("match")).contains("word of Rust's"));
    let with = |service: &str, function: &str, key: &str| {
        refused(Chosen {
            service: Some(service.to_owned()),
            function: Some(function.to_owned()),
            key: Some(key.to_owned()),
            ..chosen("order")
        })
    };
    assert!(with("Orders", "f", "id").contains("service's name"));
    assert!(with("or--ders", "f", "id").contains("service's name"));
    assert!(with("orders", "f.g", "id").contains("function's name"));
    assert!(with("orders", &"f".repeat(48), "id").contains("function's name"));
    assert!(with("orders", "f", "order id").contains("table's key"));
    assert!(with("orders", "f", "year").contains("another member"));
    let same = Chosen {
        plural: Some("sheep".to_owned()),
        ..chosen("sheep")
    };
    assert!(refused(same).contains("--plural"));
}

#[test]
fn the_service_and_what_it_holds_are_told_apart() {
    check("a.yaml", "movies-dev", "hotel-orders-dev");
    check("a.yaml", "Movies service, x", "Hotel-orders service, x");
    check("a.yaml", "Namespace: Movies", "Namespace: HotelOrders");
    check("a.yaml", "Sid: PutMovies", "Sid: PutHotelOrders");
    check("a.rs", "drop the movies", "drop the orders");
    check(
        "a.rs",
        "    name: \"movies\",",
        "    name: \"hotel-orders\",",
    );
    check("a.rs", "MovieStore, check_movie", "OrderStore, check_order");
    check("a.rs", "const MOVIE", "const ORDER");
    check("a.md", "`apigw_handler`", "`hotel_orders_handler`");
}

#[test]
fn articles_follow_the_noun() {
    check("a.md", "A movie, or a `movie`", "An order, or an `order`");
    check("a.md", "the data movie", "the data order");
}

#[test]
fn files_are_named_after_the_noun() {
    let names = names();
    let renaming = Renaming::to(&names).unwrap();
    let path = |path: &str| renaming.path(path);
    assert_eq!(
        path("handler/src/movie/json.rs"),
        "handler/src/order/json.rs"
    );
    assert_eq!(path("contract/movies.rs"), "contract/orders.rs");
}

#[test]
fn the_key_is_told_from_other_ids() {
    let body = "handler/src/any.rs";
    check(body, r#"{"id": 1}"#, r#"{"orderId": 1}"#);
    check(body, r#""{\"id\": 1}""#, r#""{\"orderId\": 1}""#);
    check(body, r#"{"\u0069d": 1}"#, r#"{"\u006frderId": 1}"#);
    check(body, "#/id `id` fn id()", "#/orderId `orderId` fn id()");
    check("handler/src/xray.rs", r#""id""#, r#""id""#);
    check("xtask/src/trace.rs", r#""id""#, r#""id""#);
    check(
        "xtask/src/smoke.rs",
        r#"{"title":"t","id":"i"}"#,
        r#"{"title":"t","orderId":"i"}"#,
    );
    check(
        "infra/cfn/data.yaml",
        "AttributeName: id\n",
        "AttributeName: orderId\n",
    );
    check(
        "infra/cfn/api.yaml",
        "          id:\n",
        "          orderId:\n",
    );
}

#[test]
fn the_command_takes_its_own_lines_with_it() {
    let without = |path: &str, text: &str| without_the_command(path, text);
    assert_eq!(without("xtask/src/rename/key.rs", "").unwrap(), None);
    let left = without("xtask/src/lib.rs", "mod a;\nmod rename;\nmod z;\n").unwrap();
    assert_eq!(left.as_deref(), Some("mod a;\nmod z;\n"));
    let stale = without("xtask/src/lib.rs", "mod a;\n").unwrap_err();
    assert!(stale.to_string().contains("has not one line"), "{stale}");
}
