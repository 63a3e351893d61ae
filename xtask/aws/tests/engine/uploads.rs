//! Assets that are not what their key says: found each time, and nothing is deployed.

use crate::site::{STACK, Site, check_each};
use crate::support::repository;
use cfnkit_scripted_cloud::cloud::bucket::checksum;
use cfnkit_scripted_cloud::cloud::state::State;

type Damage = fn(&mut (Vec<u8>, String));

/// Damages one asset in the bucket, and deploys.
fn problems(state: &State, key: &str, damage: Damage) -> Vec<String> {
    let site = Site::with(State::default());
    {
        let mut held = site.cloud.state();
        held.objects = state.objects.clone();
        damage(held.objects.get_mut(key).unwrap());
    }
    let run = site.run(&["deploy", "--yes"]);
    let mut problems = site.problems(&run, 1, "absent");
    if !run.stderr.contains(key) {
        problems.push(format!("`{key}` is not named: {}", run.stderr));
    }
    let made = site.cloud.mutating_calls();
    if made.iter().any(|call| call.action.contains("ChangeSet")) {
        problems.push("a change set was made".to_owned());
    }
    problems
}

#[test]
fn what_is_wrong_in_the_bucket_is_never_deployed() {
    let corrupted: Damage = |object| {
        object.0[0] ^= 1;
        object.1 = checksum(&object.0);
    };
    let truncated: Damage = |object| {
        object.0.pop();
        object.1 = checksum(&object.0);
    };
    let swapped: Damage = |object| *object = (b"other".to_vec(), checksum(b"other"));
    let unknown: Damage = |object| object.1 = String::new();
    let site = Site::deployed();
    let state = site.cloud.state().clone();
    let cases = state.objects.keys().flat_map(|key| {
        [
            ("corrupted", corrupted),
            ("truncated", truncated),
            ("swapped", swapped),
            ("without a checksum", unknown),
        ]
        .map(|(name, damage)| (format!("{key} {name}"), (key.clone(), damage)))
    });
    check_each(cases, |(key, damage)| problems(&state, &key, damage));
}

#[test]
fn what_is_damaged_on_the_way_is_not_stored() {
    let site = Site::new();
    site.cloud.state().corrupts_uploads = true;
    let run = site.run(&["deploy", "--yes"]).expect(1);
    assert!(run.stderr.contains("BadDigest"), "{}", run.stderr);
    assert!(site.cloud.state().objects.is_empty());
    assert_eq!(site.problems(&run, 1, "absent"), Vec::<String>::new());

    site.cloud.state().corrupts_uploads = false;
    let run = site.run(&["deploy", "--yes"]);
    assert_eq!(
        site.problems(&run, 0, "CREATE_COMPLETE"),
        Vec::<String>::new()
    );
    assert_eq!(site.cloud.state().status_of(STACK), "CREATE_COMPLETE");
}

/// The root goes in the request while it fits, and then by its URL; the scripted CloudFormation
/// reads it from the bucket.
#[test]
fn a_root_that_no_request_holds_is_read_from_the_bucket() {
    let site = Site::new();
    let text = std::fs::read_to_string(repository().join("infra/cfn/root.yaml")).unwrap();
    site.write("infra/cfn/root.yaml", &(text + &"# more\n".repeat(4_000)));
    let run = site.run(&["deploy", "--yes"]).expect(0);
    assert!(run.stderr.contains("published root.yaml"), "{}", run.stderr);
    let made = site.cloud.mutating_calls();
    let mut made = made.iter().filter(|call| call.action == "CreateChangeSet");
    let call = made
        .find(|call| call.parameter("StackName") == STACK)
        .unwrap();
    assert_eq!(call.parameter("TemplateBody"), "");
    let url = call.parameter("TemplateURL");
    assert!(
        url.starts_with("https://s3.us-east-1.amazonaws.com/"),
        "{url}"
    );
    let again = site.run(&["deploy", "--yes"]).expect(0);
    assert!(again.stderr.contains("no changes"), "{}", again.stderr);
}
