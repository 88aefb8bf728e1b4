//! Tokens as each provider documents them, and near misses, by the recipe of `docs/issuers.md`.

mod consumers;
mod fixture;
mod open_servers;
mod servers;
mod workloads;
