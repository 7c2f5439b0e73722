//! `mujun-platform explain` and `publish` beside a running platform, and on the folder of one that has ended.

use super::stack::{CREDIT_CODE, SITES, Stack};
use std::{
    process::{Command, Output},
    time::Duration,
};

fn platform(stack: &Stack, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-platform"));
    command.args(["--lang", "en", "--config"]).arg(stack.path("platform.toml")).args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[test]
fn a_figure_is_explained_and_a_period_published_beside_the_platform_and_after_it() {
    let mut stack = Stack::prepared();
    let (status, said) = platform(&stack, &["explain", CREDIT_CODE, "2024", "tax_wan_per_mu"]);
    assert_eq!(status, Some(1), "nothing is there yet, and nothing is made: {said}");
    assert!(!stack.path("data").exists());
    stack.start_platform();
    stack.wait("/health", Duration::from_secs(30), |health| health["status"] == "ok");

    let (status, said) = platform(&stack, &["explain", CREDIT_CODE, "2024", "tax_wan_per_mu"]);
    assert_eq!(status, Some(0), "{said}");
    for words in
        ["= 6.4 10k yuan/mu [rounded", "tax_wan = 640", "land_mu = 100", "recomputed: the same to the last digit"]
    {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let (status, said) = platform(&stack, &["explain", CREDIT_CODE, "2024", "tax_wan_per_mu", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, &json["recomputed_same"], &json["term"]["value"]), (Some(0), &true.into(), &"6.4".into()));
    let (status, said) = platform(&stack, &["explain", "91331003MA0000111Q", "2024", "kwh"]);
    assert!(status == Some(1) && said.contains("no site 91331003MA0000111Q"), "{said}");
    let (_, said) = platform(&stack, &["explain", CREDIT_CODE, "2024", "rank"]);
    assert!(said.contains("`rank` is no figure; there are kwh, kgce"), "{said}");

    let publish = |stack: &Stack, arguments: &[&str]| platform(stack, &[&["publish"], arguments].concat());
    assert_eq!(
        publish(&stack, &["2024", "--reason", "for the county"]).1,
        "2024 calorific: version 1 is published: for the county\n"
    );
    assert_eq!(publish(&stack, &["2024"]).1, "2024 calorific: the same as version 1\n");
    let (status, said) = publish(&stack, &["2199"]);
    assert!(status == Some(1) && said.contains("only what is over is published"), "{said}");
    let ranking = stack.get("/api/v1/ranking?period=2024").unwrap();
    assert_eq!(ranking["publication"]["reason"]["en"], "for the county");

    // the registry changes with the next start, and the platform itself publishes what that changed
    stack.write("sites.csv", &SITES.replace(",100,", ",80,"));
    stack.start_platform();
    let rows = stack.wait("/api/v1/publications?period=2024", Duration::from_secs(30), |rows| rows[1].is_object());
    assert_eq!(rows[0]["reason"]["en"], format!("land_mu of {CREDIT_CODE} changed"));
    let version = stack.get("/api/v1/publications?period=2024&version=1").unwrap();
    assert_eq!(version["sites"][0]["figures"]["tax_wan_per_mu"]["value"], "6.4");

    assert!(stack.platform.take().unwrap().stop().success());
    let (status, said) = publish(&stack, &["--check"]);
    assert_eq!((status, said.as_str()), (Some(0), "2024 calorific: the same as version 2\n"));
    let (_, said) = platform(&stack, &["explain", CREDIT_CODE, "2024", "tax_wan_per_mu", "--depth", "1"]);
    assert!(said.contains("= 8 10k yuan/mu") && said.contains("… 1 terms (--depth)"), "{said}");
}
