use clap::Parser as _;

use cfnkit_assembly::service::Service;

use super::*;

static MOVIES: Service = Service {
    health_alarm_output: Some("ServerErrorsAlarmArn"),
    ..Service::named("movies")
};
use cfnkit_operation::stack::StackStatus;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    options: OptionArgs,

    #[arg(long)]
    fast: bool,

    #[arg(long)]
    local: bool,

    #[arg(long)]
    json: bool,

    change_set: Option<String>,
}

fn parse(arguments: &[&str]) -> OptionArgs {
    let arguments = ["deploy"].iter().chain(arguments);
    let line = Line::try_parse_from(arguments).unwrap();
    assert!(!line.fast && !line.local && !line.json && line.change_set.is_none());
    line.options
}

fn deployed() -> Stack {
    Stack {
        id: "arn:stack".to_owned(),
        name: "movies-production".to_owned(),
        status: StackStatus("UPDATE_COMPLETE".to_owned()),
        status_reason: None,
        parameters: BTreeMap::new(),
        outputs: BTreeMap::from([("ServerErrorsAlarmArn".to_owned(), "arn:own".to_owned())]),
        tags: BTreeMap::new(),
        termination_protection: false,
    }
}

fn stage(name: &str) -> StageFile {
    StageFile::without(&MOVIES.stage(name).unwrap())
}

#[test]
fn production_is_watched_by_its_own_alarm_once_it_is_there() {
    let alarms = |arguments: &[&str], name: &str, stack: Option<&Stack>| {
        let (options, unwatched) = parse(arguments).options(&stage(name), stack).unwrap();
        let minutes = options.monitoring_minutes;
        (options.rollback_alarms, minutes, unwatched.is_some())
    };
    let stack = deployed();
    let own = (vec!["arn:own".to_owned()], Some(10), false);
    assert_eq!(alarms(&[], "production", Some(&stack)), own);
    assert_eq!(alarms(&[], "production", None), (vec![], None, true));
    assert_eq!(alarms(&[], "dev", Some(&stack)), (vec![], None, false));
    let chosen = ["--rollback-alarm=arn:other", "--monitoring-time=0"];
    let other = (vec!["arn:other".to_owned()], Some(0), false);
    assert_eq!(alarms(&chosen, "production", Some(&stack)), other);
    assert_eq!(alarms(&chosen, "dev", None), other);
    let by_output = ["--rollback-alarm=ServerErrorsAlarmArn"];
    assert_eq!(alarms(&by_output, "dev", Some(&stack)), own);
    let none = (vec![], None, false);
    let off = ["--rollback-alarm=none"];
    assert_eq!(alarms(&off, "production", Some(&stack)), none);
    let express = (vec![], None, true);
    assert_eq!(alarms(&["--express"], "production", Some(&stack)), express);
}

#[test]
fn only_the_flag_takes_protection_away() {
    let protection = |arguments: &[&str], is_protected: bool| {
        let mut stack = deployed();
        stack.termination_protection = is_protected;
        parse(arguments).protection(&stage("dev"), &stack)
    };
    assert_eq!(protection(&[], true), Protection::Keep);
    assert_eq!(protection(&[], false), Protection::Keep);
    let on = ["--termination-protection"];
    assert_eq!(protection(&on, false), Protection::Set);
    assert_eq!(protection(&on, true), Protection::Keep);
    let off = ["--termination-protection=false"];
    assert_eq!(protection(&off, true), Protection::Remove);
    assert_eq!(protection(&off, false), Protection::Keep);
}

#[test]
fn what_a_stack_lacks_of_the_flags_is_named() {
    let settings = Settings {
        notify: BTreeSet::from(["arn:topic".to_owned()]),
        role_arn: Some("arn:role".to_owned()),
        rollback_alarms: BTreeSet::from(["arn:alarm".to_owned()]),
        monitoring_minutes: Some(10),
    };
    let unset = |arguments: &[&str]| {
        let line = parse(arguments);
        let (options, _) = line.options(&stage("dev"), Some(&deployed())).unwrap();
        assert_eq!(line.asks_for_settings(), !arguments.is_empty());
        line.unset(&options, &settings)
    };
    assert_eq!(unset(&[]), [""; 0]);
    assert_eq!(
        unset(&["--notify=arn:topic", "--role-arn=arn:role"]),
        [""; 0]
    );
    assert_eq!(unset(&["--rollback-alarm=arn:alarm"]), [""; 0]);
    let two = ["--notify=arn:topic", "--notify=arn:other"];
    assert_eq!(unset(&two), ["`--notify`"]);
    assert_eq!(unset(&["--role-arn=arn:other"]), ["`--role-arn`"]);
    assert_eq!(unset(&["--rollback-alarm=none"]), ["`--rollback-alarm`"]);
    let longer = ["--rollback-alarm=arn:alarm", "--monitoring-time=20"];
    assert_eq!(unset(&longer), ["`--monitoring-time`"]);
}

#[test]
fn tags_are_held_to_what_the_stage_file_is_held_to() {
    let check = |tags: &[String], of_file: usize| {
        let arguments: Vec<&str> = tags.iter().map(String::as_str).collect();
        let of_file = (0..of_file).map(|one| (one.to_string(), "v".to_owned()));
        let checked = parse(&arguments).check_tags(&of_file.collect());
        checked.err().map(|err| format!("{err:#}"))
    };
    let tag = |key: &str, value: &str| format!("--tag={key}={value}");
    assert_eq!(check(&[tag("team", "a=b")], 47), None);
    // One of the file's, with another value.
    assert_eq!(check(&[tag("7", "x")], 48), None);
    for (tags, of_file) in [
        (vec![tag("service", "x")], 0),
        (vec![tag("aws:x", "1")], 0),
        (vec![tag(&"k".repeat(140), "1")], 0),
        (vec![tag("team", &"v".repeat(257))], 0),
        (vec![tag("team", "a"), tag("team", "a")], 0),
        (vec![tag("team", "a")], 48),
    ] {
        assert!(check(&tags, of_file).is_some(), "{tags:?}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let stage = stage("dev");
    let delete = parse(&["--on-failure=delete"]);
    assert!(delete.options(&stage, None).is_ok());
    let err = delete.options(&stage, Some(&deployed())).unwrap_err();
    assert!(
        err.to_string()
            .starts_with("`--on-failure delete` is for a stack that is created")
    );
    let unwatched = parse(&["--monitoring-time=5"]).options(&stage, None);
    assert!(
        unwatched
            .unwrap_err()
            .to_string()
            .contains("pass `--rollback-alarm`")
    );
    let text = "Resources: {}\nOutputs: {OneAlarmArn: {Value: x}, Table: {Value: y}}\n";
    let root = Template::parse("root.yaml", text.to_owned()).unwrap();
    let is_right = |arguments: &[&str]| parse(arguments).check(&root).is_ok();
    assert!(!is_right(&["--express", "--monitoring-time=5"]));
    let arn = "--rollback-alarm=arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a";
    assert!(is_right(&[arn, "--rollback-alarm=OneAlarmArn"]));
    assert!(!is_right(&[arn, "--rollback-alarm=none"]));
    assert!(!is_right(&["--rollback-alarm=arn:aws:sns:eu-west-1:1:a"]));
    assert!(!is_right(&["--rollback-alarm=Table"]));
}
