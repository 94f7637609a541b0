//! `_traceback`: exceptions as the text that an uncaught one prints.

use super::define::def;
use crate::base::diagnostic::Report;
use crate::base::render;
use crate::base::source::full_name;
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
        Some(raised) => {
            let mut report = plain_report(caller, &raised);
            name_in_full(&mut report);
            Ok(report)
        }
        None => Err(type_error(format!(
            "Exception expected for value, {} found",
            value.class_name()
        ))),
    }
}

/// Files from the root on, as CPython has them in the text of a traceback.
fn name_in_full(report: &mut Report) {
    let places = report.frames.iter_mut().map(|frame| &mut frame.place);
    for place in places.chain(&mut report.syntax) {
        place.file = full_name(&place.file);
    }
    if let Some((_, earlier)) = &mut report.earlier {
        name_in_full(earlier);
    }
    report.group.iter_mut().for_each(name_in_full);
}
