//! What was answered how often, and how much memory it took.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// The answers to each kind of token, and how many of them were wrong.
#[derive(Default)]
pub(crate) struct Answers(Mutex<BTreeMap<(&'static str, u16, bool), usize>>);

impl Answers {
    pub(crate) fn count(&self, token: &'static str, status: u16, is_right: bool) {
        *self.0.lock().unwrap().entry((token, status, is_right)).or_default() += 1;
    }

    /// Prints them, and returns whether all were right.
    pub(crate) fn tell(&self) -> bool {
        let answers = self.0.lock().unwrap();
        println!("  {} requests over 64 connections", answers.values().sum::<usize>());
        for ((token, status, is_right), count) in answers.iter() {
            println!("  {token:9} {status}  {count}{}", if *is_right { "" } else { "  WRONG" });
        }
        answers.keys().all(|(_, _, is_right)| *is_right)
    }
}

/// Of this process: server, clients and issuer together.
pub(crate) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
