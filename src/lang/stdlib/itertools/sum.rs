//! Iterators that compute: `accumulate`, `starmap`, `zip_longest`.

use crate::lang::object::code::BinOp;
use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol};
use crate::lang::stdlib::define::{call_spec, class_of, def, iterator_class, native_iter};

class_of! {
    accumulate_class ACCUMULATE;
    starmap_class STARMAP;
    zip_longest_class ZIP_LONGEST;
}

static ACCUMULATE: ClassSpec = iterator_class(
    "itertools",
    "accumulate",
    ACCUMULATE_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &ACCUMULATE_NEW, args)),
);
static ACCUMULATE_NEW: NativeSpec = def(
    "accumulate(iterable, func=None, *, initial=None)",
    "Running totals, or what a function makes of them.",
    |caller, args| {
        let source = protocol::iter(caller, &args[0])?;
        let first = if args[2].is_none() {
            Value::Unbound
        } else {
            args[2].clone()
        };
        Ok(Iter::native(Accumulate {
            source,
            function: args[1].clone(),
            total: Value::Unbound,
            first,
        }))
    },
);

struct Accumulate {
    source: Value,
    function: Value,
    total: Value,
    /// The initial value until it has been shown.
    first: Value,
}

native_iter!(Accumulate, accumulate_class, this => [this.source, this.function, this.total, this.first]);

impl Accumulate {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if !self.first.is_unbound() {
            self.total = std::mem::take(&mut self.first);
            return Ok(Some(self.total.clone()));
        }
        let Some(item) = protocol::next(caller, &self.source.clone())? else {
            return Ok(None);
        };
        self.total = if self.total.is_unbound() {
            item
        } else if self.function.is_none() {
            protocol::binary(caller, BinOp::Add, &self.total, &item)?
        } else {
            caller.call_positional(&self.function.clone(), &[self.total.clone(), item])?
        };
        Ok(Some(self.total.clone()))
    }
}

static STARMAP: ClassSpec = iterator_class(
    "itertools",
    "starmap",
    STARMAP_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &STARMAP_NEW, args)),
);
static STARMAP_NEW: NativeSpec = def(
    "starmap(function, iterable, /)",
    "What a function returns for each tuple of arguments.",
    |caller, args| {
        let source = protocol::iter(caller, &args[1])?;
        Ok(Iter::native(Starmap {
            function: args[0].clone(),
            source,
        }))
    },
);

struct Starmap {
    function: Value,
    source: Value,
}

native_iter!(Starmap, starmap_class, this => [this.function, this.source]);

impl Starmap {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(item) = protocol::next(caller, &self.source.clone())? else {
            return Ok(None);
        };
        let args = protocol::collect(caller, &item)?;
        caller
            .call_positional(&self.function.clone(), &args)
            .map(Some)
    }
}

static ZIP_LONGEST: ClassSpec = iterator_class(
    "itertools",
    "zip_longest",
    ZIP_LONGEST_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &ZIP_LONGEST_NEW, args)),
);
static ZIP_LONGEST_NEW: NativeSpec = def(
    "zip_longest(*iterables, fillvalue=None)",
    "Tuples of elements until the longest iterable ends.",
    |caller, args| {
        let sources = super::select::iterators(caller, &args[0])?;
        Ok(Iter::native(ZipLongest {
            active: sources.len(),
            sources,
            fill: args[1].clone(),
        }))
    },
);

struct ZipLongest {
    /// Unbound where one has come to its end.
    sources: Vec<Value>,
    active: usize,
    fill: Value,
}

native_iter!(ZipLongest, zip_longest_class, this => [this.sources, this.fill]);

impl ZipLongest {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.active == 0 {
            return Ok(None);
        }
        let mut items = Vec::with_capacity(self.sources.len());
        for source in &mut self.sources {
            let item = if source.is_unbound() {
                None
            } else {
                protocol::next(caller, source)?
            };
            if item.is_none() && !source.is_unbound() {
                *source = Value::Unbound;
                self.active -= 1;
                if self.active == 0 {
                    return Ok(None);
                }
            }
            items.push(item.unwrap_or_else(|| self.fill.clone()));
        }
        Ok(Some(Value::tuple(items)))
    }
}
