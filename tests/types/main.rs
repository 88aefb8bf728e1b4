//! What the types exclude does not compile: `cargo test --test types`.
//!
//! The compiler's words are those of the Rust release that CI has; another one may say it
//! differently, so `cargo test` alone leaves this out. `TRYBUILD=overwrite` writes them anew.

#[test]
fn a_mistake_does_not_compile_and_the_compiler_says_why() {
    trybuild::TestCases::new().compile_fail("tests/types/mistakes/*.rs");
}
