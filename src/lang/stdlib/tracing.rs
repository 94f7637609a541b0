//! `_traceback`: exceptions as the text that an uncaught one prints.

use super::define::def;
use crate::base::diagnostic::Report;
use crate::base::render;
use crate::lang::object::exception::plain_report;
use crate::lang::object::{Caller, ModuleSpec, NativeSpec, Raised, Result, Value, type_error};

/// `_traceback`
pub(super) static TRACEBACK: ModuleSpec = ModuleSpec {
    name: "_traceback",
    doc: "Exceptions as text.",
    functions: FUNCTIONS,
    setup: |_, _| Ok(()),
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "format(exc, chain, /)",
        "The traceback and the exception, with those that led to it if asked for.",
        |caller, args| {
            let mut report = report_of(caller, &args[0])?;
            if args[1].native_truth() == Some(false) {
                report.earlier = None;
            }
            Ok(Value::str(render::traceback(&report, &render::plain)))
        },
    ),
    def("only(exc, /)", "The exception alone.", |caller, args| {
        let report = report_of(caller, &args[0])?;
        Ok(Value::str(render::exception(&report, &render::plain)))
    }),
];

fn report_of(caller: &mut dyn Caller, value: &Value) -> Result<Report> {
    match Raised::from_value(value) {
        Some(raised) => Ok(plain_report(caller, &raised)),
        None => Err(type_error(format!(
            "Exception expected for value, {} found",
            value.class_name()
        ))),
    }
}
