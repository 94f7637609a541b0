//! The language wing: a Python-like language that knows no tensor.
