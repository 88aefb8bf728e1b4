//! What an attacker cannot do: nothing forged gets in, no input does harm, and nothing leaks.

#[path = "../support/attacks/mod.rs"]
mod attacks;
#[path = "../support/mod.rs"]
mod support;

mod any_input;
mod corpus;
mod leaks;
mod mcp;
mod mcp_bodies;
mod memory;
mod octets;
mod possession;
mod races;
mod slow;
mod turns;
mod vectors;
mod wire;
