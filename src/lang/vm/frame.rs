//! Frames for calls, and functions with what they close over.

use crate::lang::object::code::{Code, Frame, Function, Reg, Return, Site};
use crate::lang::object::generator::{Generator, GeneratorKind};
use crate::lang::object::{Dict, Name, Ref, Result, Tuple, Value};

use super::machine::Vm;
use super::parameters;
use super::registers::Registers;

impl Vm {
    /// A frame with its parameters bound.
    pub(super) fn frame_for(
        &mut self,
        function: &Ref<Function>,
        positional: impl ExactSizeIterator<Item = Value>,
        named: &[(Name, Value)],
        ret: Return,
    ) -> Result<Box<Frame>> {
        let mut frame = self.frames.aside(function.clone(), ret);
        if named.is_empty() && frame.code.params.are_plain(positional.len()) {
            frame
                .regs
                .iter_mut()
                .zip(positional)
                .for_each(|(reg, value)| *reg = value);
        } else {
            parameters::bind(&mut frame, positional, named)?;
        }
        Ok(frame)
    }
}

/// How many arguments the defaults of a function make up for, where there are no other parameters than positional ones
/// and the rest is given.
#[inline(always)]
pub(super) fn defaulted(function: &Function, given: usize) -> Option<usize> {
    let code = &function.code;
    let missing = usize::from(code.plain).checked_sub(given)?;
    (code.plain != u16::MAX && missing <= function.with_defaults(<[Value]>::len)).then_some(missing)
}

/// Puts the last `missing` defaults behind the arguments that were given.
#[inline(always)]
pub(super) fn fill_defaults(frame: &mut Frame, given: usize, missing: usize) {
    let regs = Registers::of(&mut frame.regs);
    if missing > 0
        && let Some(function) = frame.function()
    {
        function.with_defaults(|defaults| {
            let last = &defaults[defaults.len() - missing..];
            for (i, default) in last.iter().enumerate() {
                regs.put((given + i) as Reg, default.clone());
            }
        });
    }
}

/// The `argc` registers from `first` on: positional arguments, and the last ones with their names.
pub(super) fn split_keywords(
    regs: Registers,
    first: Reg,
    argc: usize,
    site: &Site,
) -> (Vec<Value>, Vec<(Name, Value)>) {
    let positional = argc - site.keywords.len();
    let values = regs.take_all(first, positional);
    let named = site.keywords.iter().enumerate();
    let named = named
        .map(|(i, name)| (name.clone(), regs.take(first + (positional + i) as Reg)))
        .collect();
    (values, named)
}

/// A generator that will run a frame.
pub(super) fn generator_of(mut frame: Box<Frame>) -> Value {
    let function = frame.function().expect("generators are functions");
    let generator = Ref::new(Generator {
        name: function.name().into(),
        qualname: function.qualname().into(),
        frame: Default::default(),
        kind: GeneratorKind::of(&frame.code.flags),
        running: Default::default(),
        started: Default::default(),
    });
    frame.ret = Return::Ignore;
    generator.put(Some(frame));
    Value::from(generator)
}

impl Vm {
    /// Makes a function of code; its defaults and annotations stand in registers from `base` on.
    pub(super) fn make_function(
        &mut self,
        regs: Registers,
        frame: &Frame,
        code: usize,
        mut base: Reg,
    ) -> Value {
        use crate::lang::object::code::{Capture, Cell};
        let code = frame.code.consts[code]
            .exact::<Code>()
            .expect("the compiler puts code there")
            .clone();
        let mut next = |present: bool| {
            present.then(|| {
                base += 1;
                regs.take(base - 1)
            })
        };
        let flags = code.flags;
        let defaults =
            next(flags.defaults).and_then(|v| v.exact::<Tuple>().map(|t| t.items.to_vec()));
        let as_dict = |value: Option<Value>| value.and_then(|v| v.exact::<Dict>().cloned());
        let keyword_defaults = as_dict(next(flags.keyword_defaults));
        let annotations = as_dict(next(flags.annotations));
        let cell = |capture: &Capture| match capture {
            Capture::Cell(reg) => regs
                .get(*reg)
                .exact::<Cell>()
                .expect("captured registers hold cells")
                .clone(),
            Capture::Free(index) => {
                let function = frame
                    .function()
                    .expect("free variables belong to functions");
                function.closure[usize::from(*index)].clone()
            }
        };
        let closure = code.captures.iter().map(cell).collect();
        let function = Function::new(code, Ref::clone(&frame.globals), closure);
        if let Some(defaults) = defaults {
            function.set_defaults(defaults);
        }
        if keyword_defaults.is_some() || annotations.is_some() {
            let own = function.own();
            own.keyword_defaults.replace(keyword_defaults);
            own.annotations.replace(annotations);
        }
        Value::from(Ref::new(function))
    }
}
