//! What an operator sees: the program's words, its tokens and its exit codes.

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod check;
mod explain;
mod help;
mod key_files;
mod keyring;
mod keys;
mod logs;
mod metrics;
mod page;
mod program;
mod serve;
mod shutdown;
mod token;
mod unwritable;
