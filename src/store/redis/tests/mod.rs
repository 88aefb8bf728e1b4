//! The store before a fake server, which needs nothing, and before a real Redis:
//! `REDIS_SERVER=redis-server cargo test --lib store::`. Without that variable the latter pass at once.

mod fake;
mod faults;
mod outages;
mod rules;
mod server;
mod tls;
mod uses;
