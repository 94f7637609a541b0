//! `count`, `cycle`, `repeat`.

use crate::lang::object::code::BinOp;
use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol, type_error};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{call_spec, class_of, def, iterator_class, native_iter};

class_of! {
    count_class COUNT;
    cycle_class CYCLE;
    repeat_class REPEAT;
}

static COUNT: ClassSpec = iterator_class(
    "itertools",
    "count",
    COUNT_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &COUNT_NEW, args)),
);
static COUNT_NEW: NativeSpec = def(
    "count(start=0, step=1)",
    "Numbers from start on, in steps.",
    |_, args| {
        if args.iter().any(|n| n.as_str().is_some() || n.is_none()) {
            return Err(type_error("a number is required"));
        }
        Ok(Iter::native(Count {
            next: args[0].clone(),
            step: args[1].clone(),
        }))
    },
);

struct Count {
    next: Value,
    step: Value,
}

native_iter!(Count, count_class, this => [this.next, this.step];
    fn shown(&self) -> Option<Vec<Value>> {
        let step = (!matches!(self.step, Value::Int(1))).then(|| self.step.clone());
        Some([self.next.clone()].into_iter().chain(step).collect())
    }
);

impl Count {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let after = protocol::binary(caller, BinOp::Add, &self.next, &self.step)?;
        Ok(Some(std::mem::replace(&mut self.next, after)))
    }
}

static CYCLE: ClassSpec = iterator_class(
    "itertools",
    "cycle",
    CYCLE_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &CYCLE_NEW, args)),
);
static CYCLE_NEW: NativeSpec = def(
    "cycle(iterable, /)",
    "The elements again and again.",
    |caller, args| {
        let source = protocol::iter(caller, &args[0])?;
        Ok(Iter::native(Cycle {
            source,
            seen: Vec::new(),
            next: 0,
        }))
    },
);

struct Cycle {
    /// Unbound once it has come to its end.
    source: Value,
    seen: Vec<Value>,
    next: usize,
}

native_iter!(Cycle, cycle_class, this => [this.source, this.seen]);

impl Cycle {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if !self.source.is_unbound() {
            if let Some(item) = protocol::next(caller, &self.source.clone())? {
                self.seen.push(item.clone());
                return Ok(Some(item));
            }
            self.source = Value::Unbound;
        }
        let Some(item) = self.seen.get(self.next).cloned() else {
            return Ok(None);
        };
        self.next = (self.next + 1) % self.seen.len();
        Ok(Some(item))
    }
}

static REPEAT: ClassSpec = iterator_class(
    "itertools",
    "repeat",
    REPEAT_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &REPEAT_NEW, args)),
);
static REPEAT_NEW: NativeSpec = def(
    "repeat(object, times=...)",
    "One object again and again, or so many times.",
    |caller, args| {
        let left = match &args[1] {
            Value::Unbound => None,
            times => Some(usize::try_from(arguments::int(caller, times)?).unwrap_or(0)),
        };
        Ok(Iter::native(Repeat {
            item: args[0].clone(),
            left,
        }))
    },
);

struct Repeat {
    item: Value,
    left: Option<usize>,
}

native_iter!(Repeat, repeat_class, this => [this.item];
    fn shown(&self) -> Option<Vec<Value>> {
        let left = self.left.map(Value::from);
        Some([self.item.clone()].into_iter().chain(left).collect())
    }
);

impl Repeat {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        match &mut self.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(Some(self.item.clone()))
    }
}
