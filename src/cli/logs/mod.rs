//! Events → lines on stderr: ours come through `tracing`, Rocket's through `log`.
//!
//! The lines are JSON, or plain text in the `debug` profile and on a terminal.

mod bridge;
mod levels;
mod lines;

use std::io::{self, IsTerminal};

use rocket::figment::Profile;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use super::wrapping::columns_of_stderr;
use bridge::Bridge;
pub(super) use bridge::after_the_launch;
use levels::shows;
use lines::{JsonLine, TextLine, readable};

/// Installs the subscriber and the logger of this process, filtered by Rocket's `log_level`.
pub(super) fn install(config: &rocket::Config, profile: &Profile) {
    let level = config.log_level;
    let filter = filter_fn(move |event| shows(level, *event.level(), event.target()));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let is_terminal = io::stderr().is_terminal();
    // An error means that the process has a subscriber already; that one stays.
    let is_debug = *profile == rocket::Config::DEBUG_PROFILE;
    let _ = if is_terminal || is_debug {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let layer = layer.with_ansi(is_terminal && config.cli_colors && !no_color);
        let line = TextLine::of_a_terminal(columns_of_stderr());
        set_global_default(registry.with(layer.fmt_fields(debug_fn(readable)).event_format(line)))
    } else {
        set_global_default(registry.with(layer.with_ansi(false).event_format(JsonLine)))
    };
    if log::set_boxed_logger(Box::new(Bridge::new(level, is_debug))).is_ok() {
        log::set_max_level(level.into());
    }
}
