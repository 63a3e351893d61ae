//! The pictures of a recorded deploy: the terminal's own text, drawn. They are files, so that
//! GitHub shows them too, and equal what the program says today; `UPDATE_EXPECT=1` draws them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cfnkit_operation::diagnosis::{Failure, Sources, report};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::{StackTree, read_template};
use expect_test::expect_file;

use super::root;
use crate::service::SERVICE;

/// Columns of the terminal, which the frames are recorded for.
const COLUMNS: usize = 80;

/// Pixels of a character, and around the text.
const WIDTH: usize = 8;
const HEIGHT: usize = 18;
const MARGIN: usize = 16;

/// Seconds that each frame of the replay is shown.
const SECONDS: usize = 2;

const STYLE: &str = "text { font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', \
                     monospace; fill: #d5d8dc; white-space: pre }\n\
                     .bold { font-weight: bold; fill: #ffffff } .dim { fill: #8b949e }\n\
                     .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 }\n\
                     .blue { fill: #79c0ff }";

/// Text of one look, in one line.
#[derive(Debug, Clone, Default)]
struct Run {
    column: usize,
    classes: Vec<&'static str>,
    text: String,
}

/// The lines of a terminal that was sent `text`, with what is too long on the next.
fn lines(text: &str) -> Vec<Vec<Run>> {
    let mut lines = Vec::new();
    let mut classes: Vec<&str> = Vec::new();
    for line in text.lines() {
        let mut runs: Vec<Run> = Vec::new();
        let mut column = 0;
        for (index, part) in line.split("\u{1b}[").enumerate() {
            let mut shown = part;
            if index > 0 {
                let (codes, rest) = part.split_once('m').unwrap();
                shown = rest;
                for code in codes.split(';') {
                    match code {
                        "0" | "" => classes.clear(),
                        "1" => classes.push("bold"),
                        "2" => classes.push("dim"),
                        "31" | "91" => classes.push("red"),
                        "32" | "92" => classes.push("green"),
                        "33" | "93" => classes.push("yellow"),
                        "34" | "36" | "94" | "96" => classes.push("blue"),
                        other => panic!("no look for the code `{other}`"),
                    }
                }
            }
            let mut run = Run::default();
            for character in shown.chars() {
                if column == COLUMNS {
                    runs.push(std::mem::take(&mut run));
                    lines.push(std::mem::take(&mut runs));
                    column = 0;
                }
                if run.text.is_empty() {
                    run.column = column;
                    run.classes = classes.clone();
                }
                run.text.push(character);
                column += 1;
            }
            runs.push(run);
        }
        lines.push(runs);
    }
    lines
}

/// The text as elements of SVG, below what is above it already.
fn drawn(text: &str, line_above: usize) -> String {
    let mut elements = String::new();
    for (index, runs) in lines(text).iter().enumerate() {
        let y = MARGIN + (line_above + index) * HEIGHT + 13;
        for run in runs.iter().filter(|run| !run.text.trim().is_empty()) {
            let escaped = run.text.replace('&', "&amp;").replace('<', "&lt;");
            let class = match run.classes.is_empty() {
                true => String::new(),
                false => format!(" class=\"{}\"", run.classes.join(" ")),
            };
            writeln!(
                elements,
                "<text x=\"{}\" y=\"{y}\"{class} textLength=\"{}\" xml:space=\"preserve\">{escaped}</text>",
                MARGIN + run.column * WIDTH,
                run.text.chars().count() * WIDTH,
            )
            .unwrap();
        }
    }
    elements
}

fn picture(height: usize, style: &str, content: &str) -> String {
    let width = COLUMNS * WIDTH + 2 * MARGIN;
    let height = height * HEIGHT + 2 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>\n{STYLE}\n{style}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#161b22\"/>\n{content}</svg>\n"
    )
}

/// A picture of one screen.
fn still(text: &str) -> String {
    picture(lines(text).len(), "", &drawn(text, 0))
}

/// The frames that the display is tested with, in the order of time.
fn frames(recording: &str) -> Vec<String> {
    let file = format!("crates/operation/tests/recordings/{recording}.80.colour.txt");
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let frames = text.split("== ").skip(1);
    let frames = frames.map(|frame| {
        let (_, text) = frame.split_once('\n').unwrap();
        text.replace("\\e[", "\u{1b}[")
    });
    frames.collect()
}

/// All frames after each other, again and again.
fn moving(command: &str, frames: &[String]) -> String {
    let height = frames.iter().map(|frame| lines(frame).len()).max().unwrap();
    let mut content = drawn(command, 0);
    for (index, frame) in frames.iter().enumerate() {
        let delay = index * SECONDS;
        let frame = drawn(frame, 2);
        write!(
            content,
            "<g style=\"animation-delay: {delay}s\">\n{frame}</g>\n"
        )
        .unwrap();
    }
    let all = frames.len() * SECONDS;
    let share = 100.0 / frames.len() as f64;
    let style = format!(
        "g {{ visibility: hidden; animation: frame {all}s steps(1) infinite }}\n\
         @keyframes frame {{ 0% {{ visibility: visible }} {share:.2}% {{ visibility: hidden }} }}\n\
         @media (prefers-reduced-motion: reduce) {{ g {{ animation: none }} \
         g:last-of-type {{ visibility: visible }} }}\n"
    );
    picture(height + 2, &style, &content)
}

#[test]
fn the_pictures_show_what_the_program_says_today() {
    let command = |arguments: &str| format!("\u{1b}[2m$\u{1b}[0m cargo xtask {arguments}\n\n");
    let success = frames("success");
    let progress = command("deploy --profile test") + &success[2];
    expect_file!["../../../../../docs/recorded/progress.svg"].assert_eq(&still(&progress));

    let failure = Failure {
        stack: "movies-dev-Function-1A2B3C4D5E6F".to_owned(),
        logical_id: "LogGroup".to_owned(),
        resource_type: "AWS::Logs::LogGroup".to_owned(),
        status: "CREATE_FAILED".to_owned(),
        reason: Some(
            "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' with \
             identifier '{\"/properties/LogGroupName\":\"/aws/lambda/apigw_handler\"}' already \
             exists.\" (RequestToken: 258db5a1-23c6-5e4b-4d23-7a469fc2de96, HandlerErrorCode: \
             AlreadyExists)"
                .to_owned(),
        ),
        ..Failure::default()
    };
    let stack = |file: &str| StackTree {
        template: read_template(&root().join("infra/cfn"), file).unwrap(),
        parameters: Parameters::new(),
        nested: BTreeMap::new(),
    };
    let mut tree = stack("root.yaml");
    let function = stack("function.yaml");
    tree.nested.insert("Function".to_owned(), function);
    let sources = Sources {
        root_stack: "movies-dev",
        tree: Some(&tree),
        advice: SERVICE.advice,
    };
    let verdict = "`movies-dev` was not deployed; it is ROLLBACK_COMPLETE";
    let report = report(&[failure], verdict, &sources);
    let failed = command("deploy --profile test");
    let failed = format!("{failed}...\n\u{1b}[1;31merror:\u{1b}[0m {report}\n");
    expect_file!["../../../../../docs/recorded/failure.svg"].assert_eq(&still(&failed));

    let mut frames = frames("failure");
    // The last is what stays above the report, which the picture of the failure has.
    frames.pop();
    let replay = moving(&command("replay --speed 20"), &frames);
    expect_file!["../../../../../docs/recorded/replay.svg"].assert_eq(&replay);
}
