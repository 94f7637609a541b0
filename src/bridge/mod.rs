//! The `torch` package: the one room that sees both wings.
