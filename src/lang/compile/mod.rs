//! From the syntax tree to bytecode.
//!
//! `scope` finds out where each name lives; `unit` holds one code object in the making; the other files translate, one
//! a group of statements or expressions. An expression is compiled towards a destination: locals live in registers
//! and are used where they are, temporaries are handed out above them in stack order.

mod assign;
mod call;
mod comprehension;
mod condition;
mod display;
mod expr;
mod fstring;
mod function;
mod import;
mod jump;
mod loops;
mod module;
mod name;
mod operation;
mod pattern;
mod scope;
mod stmt;
#[cfg(test)]
mod tests;
mod try_;
mod unit;

pub use expr::constant_value;
pub use module::{Mode, compile_expression, compile_module};
pub use stmt::leave_out_asserts;
