//! What an operator sees: the program's words, its tokens and its exit codes.

mod help;
mod keys;
mod program;
mod serve;
mod token;
