//! The store before a real Redis. `REDIS_SERVER=redis-server cargo test --lib store::` runs these; without
//! the variable they pass at once.

mod rules;
mod server;
mod uses;
