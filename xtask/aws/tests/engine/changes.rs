//! What counts as a change and what as none: "no changes" is said only where that is known, and
//! what changes is shown wherever it is asked for.

use crate::site::{STACK, Site};
use crate::support::{Run, repository};
use cfnkit_scripted_cloud::cloud::Call;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:topic";
const ALARM: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:one";
const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

/// The requests for change sets, oldest first.
fn requests(site: &Site) -> Vec<Call> {
    let mut calls = site.cloud.calls();
    calls.retain(|call| call.action == "CreateChangeSet");
    calls
}

fn root() -> String {
    std::fs::read_to_string(repository().join("infra/cfn/root.yaml")).unwrap()
}

fn edit_root(site: &Site, from: &str, to: &str) {
    let text = root();
    assert!(text.contains(from), "{from}");
    site.write("infra/cfn/root.yaml", &text.replacen(from, to, 1));
}

#[track_caller]
fn is_well(site: &Site) {
    assert_eq!(site.cloud.state().violations, Vec::<String>::new());
    assert_eq!(site.left_behind(), Vec::<String>::new());
}

#[track_caller]
fn is_no_change(run: Run) -> Run {
    run.expect(0).says("movies-dev: no changes")
}

#[test]
fn a_stored_parameter_is_looked_up_by_cloudformation() {
    let site = Site::new();
    edit_root(
        &site,
        "\nParameters:\n",
        "\nParameters:\n  Feed:\n    Type: AWS::SSM::Parameter::Value<String>\n    \
         Default: /movies/feed\n\n",
    );
    let store = |value: &str| {
        let mut state = site.cloud.state();
        state
            .stored
            .insert("/movies/feed".to_owned(), value.to_owned());
    };
    store("one");
    site.run(&["deploy", "--yes"]).expect(0);
    let asked = "parameter `Feed` of `infra/cfn/root.yaml` is read from the Parameter Store; CloudFormation \
                 is asked whether that is a change";
    is_no_change(site.run(&["deploy", "--yes"])).says(asked);
    is_no_change(site.run(&["diff", "--exit-code"])).says(asked);
    store("two");
    site.run(&["diff", "--exit-code"]).expect(5).says(asked);
    let run = site.run(&["deploy", "--yes"]).expect(0);
    run.says("movies-dev is deployed");
    assert_eq!(site.cloud.state().status_of(STACK), "UPDATE_COMPLETE");
    is_no_change(site.run(&["deploy", "--yes"]));
    is_well(&site);
}

/// No change set lists an output.
#[test]
fn an_added_output_is_a_change_wherever_it_is_looked_at() {
    let site = Site::deployed();
    edit_root(
        &site,
        "\nOutputs:\n",
        "\nOutputs:\n  Motto:\n    Value: movies\n\n",
    );
    let flags = ["--tag=team=movies", "--param=StandardQuotaPerDay=77"];
    let beside = |run: &Run| -> Vec<String> {
        let lines = run.stderr.lines();
        let lines = lines.map(|line| line.trim_start_matches([' ', '├', '└', '─']));
        let lines = lines.filter(|line| line.starts_with("Motto.") || line.contains("PerDay: "));
        lines.take(2).map(ToOwned::to_owned).collect()
    };
    let expected = [
        "StandardQuotaPerDay: 10000 -> 77",
        "Motto.Value: movies (new)",
    ];
    let templates = ["diff", "--exit-code", "--no-change-set", flags[1]];
    let diff = ["diff", "--exit-code", flags[1]];
    for arguments in [&templates[..], &diff[..]] {
        let run = site.run(arguments).expect(5).says("outputs:\n");
        assert_eq!(beside(&run), expected, "{}", run.stderr);
    }
    let output_alone = site.run(&["diff", "--exit-code"]).expect(5);
    output_alone.says("Motto.Value").says("no resource changes");
    let deploy = ["deploy", "--yes", flags[0], flags[1]];
    let run = site.run(&deploy).expect(0).says("team: movies (new)");
    assert_eq!(beside(&run), expected, "{}", run.stderr);
    is_well(&site);
}

#[test]
fn a_setting_of_a_current_stack_is_set() {
    let site = Site::deployed();
    let flags = [
        "deploy",
        "--yes",
        "--notify",
        TOPIC,
        "--role-arn",
        ROLE,
        "--rollback-alarm",
        ALARM,
        "--monitoring-time=7",
    ];
    site.run(&flags).expect(0).says("movies-dev is deployed");
    let sent = requests(&site);
    let sent = sent.last().unwrap();
    for (name, value) in [
        ("NotificationARNs.member.1", TOPIC),
        ("RoleARN", ROLE),
        ("RollbackConfiguration.RollbackTriggers.member.1.Arn", ALARM),
        ("RollbackConfiguration.MonitoringTimeInMinutes", "7"),
    ] {
        assert_eq!(sent.parameter(name), value, "{name}");
    }
    // Set already, and so no change any more; nor where nobody asks for them.
    let before = site.cloud.mutating_calls().len();
    is_no_change(site.run(&flags));
    is_no_change(site.run(&["deploy", "--yes"]));
    assert_eq!(site.cloud.mutating_calls().len(), before);
    is_well(&site);
}

#[test]
fn a_setting_that_cloudformation_does_not_take_is_said_to_be_unset() {
    for (flag, value) in [
        ("--notify", TOPIC),
        ("--role-arn", ROLE),
        ("--rollback-alarm", ALARM),
    ] {
        let site = Site::deployed();
        site.cloud.state().ignores_settings = true;
        site.run(&["deploy", "--yes", flag, value])
            .expect(1)
            .says(&format!("takes `{flag}` with a change alone"));
        is_well(&site);
    }
}

/// CloudFormation gives back `?` for such characters, and keeps them as they are.
#[test]
fn characters_beyond_ascii_are_no_difference_and_arrive_unharmed() {
    let site = Site::new();
    let description = "Filme f\u{fc}r \u{6620}\u{753b} \u{1f3ac}";
    edit_root(
        &site,
        "Description: Movies service",
        &format!("Description: {description}. Movies service"),
    );
    site.run(&["deploy", "--yes"]).expect(0);
    let sent = requests(&site);
    assert!(sent[0].parameter("TemplateBody").contains(description));
    let before = site.cloud.mutating_calls().len();
    is_no_change(site.run(&["deploy", "--yes"]));
    is_no_change(site.run(&["diff", "--exit-code"]));
    is_no_change(site.run(&["diff", "--exit-code", "--no-change-set"]));
    assert_eq!(site.cloud.mutating_calls().len(), before);
    // Beside a change, nothing of them is shown.
    let flag = "--param=LogLevel=WARN";
    for arguments in [&["diff", flag][..], &["diff", "--no-change-set", flag]] {
        let run = site.run(arguments).expect(0).says("LogLevel: INFO -> WARN");
        assert!(!run.stderr.contains("description"), "{}", run.stderr);
        assert!(!run.stderr.contains("layout"), "{}", run.stderr);
    }
    is_well(&site);
}

/// Where they do something, one for another would be a change that nobody could see.
#[test]
fn a_tag_beyond_ascii_is_compared_by_cloudformation() {
    let site = Site::deployed();
    let deploy = |owner: &str| site.run(&["deploy", "--yes", "--tag", &format!("owner={owner}")]);
    deploy("M\u{fc}ller")
        .expect(0)
        .says("movies-dev is deployed");
    let asked = "tag `owner` has characters beyond ASCII, which CloudFormation does not give back";
    is_no_change(deploy("M\u{fc}ller")).says(asked);
    let run = deploy("M\u{f6}ller")
        .expect(0)
        .says("movies-dev is deployed");
    assert!(!run.stderr.contains("tags:"), "{}", run.stderr);
    let state = site.cloud.state();
    assert_eq!(state.stack(STACK).unwrap().tags["owner"], "M\u{f6}ller");
}

/// The handler goes back; what CloudFormation gave back of the rest is not sent.
#[test]
fn the_way_back_harms_no_character() {
    let site = Site::serving();
    let description = "Description: F\u{fc}r alle. ";
    edit_root(&site, "Description: ", description);
    site.package("second");
    let run = site.answer(&["deploy", "--yes", "--tag=owner=M\u{fc}ller"], r"y\n");
    assert!(
        run.stdout.contains("the previous one is back"),
        "{}",
        run.stdout
    );
    let state = site.cloud.state();
    let stack = state.stack(STACK).unwrap();
    assert_eq!(
        Some(&stack.parameters["HandlerKey"]),
        state.good_handler.as_ref()
    );
    assert!(stack.template.as_ref().unwrap().contains(description));
    assert_eq!(stack.tags["owner"], "M\u{fc}ller");
    assert_eq!(stack.parameters["Stage"], "dev");
}

#[test]
fn what_asks_nothing_needs_nobody_to_ask() {
    let site = Site::new();
    let run = site.run(&["deploy", "--no-execute"]).expect(0);
    let change_set = run.says("is ready and was not executed").stdout;
    site.run(&["deploy", change_set.trim()])
        .expect(1)
        .says("nobody can be asked");
    site.run(&["deploy", change_set.trim(), "--yes"])
        .expect(0)
        .says("movies-dev is deployed");
    // To begin with, this one is deleted.
    let index = site.cloud.state().find(STACK).unwrap();
    "ROLLBACK_COMPLETE".clone_into(&mut site.cloud.state().stacks[index].status);
    site.run(&["deploy", "--no-execute"])
        .expect(1)
        .says("nobody can be asked");
}
