//! Iterators that pass elements on: `chain`, `compress`, `dropwhile`, `filterfalse`, `islice`, `takewhile`.

use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Special, Value, protocol, value_error};
use crate::lang::stdlib::arguments::star;
use crate::lang::stdlib::define::{
    ITERATOR_METHODS, call_spec, class_of, def, iterator_class, native_iter,
};

class_of! {
    chain_class CHAIN;
    compress_class COMPRESS;
    dropwhile_class DROPWHILE;
    filterfalse_class FILTERFALSE;
    islice_class ISLICE;
    takewhile_class TAKEWHILE;
}

static CHAIN: ClassSpec = ClassSpec {
    name: "chain",
    module: "itertools",
    doc: CHAIN_NEW.doc,
    methods: ITERATOR_METHODS,
    class_methods: &[def(
        "from_iterable(cls, iterable, /)",
        "The elements of the elements of an iterable.",
        |caller, args| {
            let outer = protocol::iter(caller, &args[1])?;
            Ok(Iter::native(Chain {
                outer,
                inner: Value::Unbound,
            }))
        },
    )],
    make: Some(|caller, _, args| call_spec(caller, &CHAIN_NEW, args)),
    ..ClassSpec::EMPTY
};
static CHAIN_NEW: NativeSpec = def(
    "chain(*iterables)",
    "The elements of one iterable after the other.",
    |caller, args| {
        let outer = protocol::iter(caller, &args[0])?;
        Ok(Iter::native(Chain {
            outer,
            inner: Value::Unbound,
        }))
    },
);

struct Chain {
    outer: Value,
    inner: Value,
}

native_iter!(Chain, chain_class, this => [this.outer, this.inner]);

impl Chain {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        loop {
            if self.inner.is_unbound() {
                if self.outer.is_unbound() {
                    return Ok(None);
                }
                match protocol::next(caller, &self.outer.clone())? {
                    Some(iterable) => self.inner = protocol::iter(caller, &iterable)?,
                    None => {
                        self.outer = Value::Unbound;
                        return Ok(None);
                    }
                }
            }
            match protocol::next(caller, &self.inner.clone())? {
                Some(item) => return Ok(Some(item)),
                None => self.inner = Value::Unbound,
            }
        }
    }
}

static COMPRESS: ClassSpec = iterator_class(
    "itertools",
    "compress",
    COMPRESS_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &COMPRESS_NEW, args)),
);
static COMPRESS_NEW: NativeSpec = def(
    "compress(data, selectors)",
    "The elements whose selector is true.",
    |caller, args| {
        let (data, selectors) = (
            protocol::iter(caller, &args[0])?,
            protocol::iter(caller, &args[1])?,
        );
        Ok(Iter::native(Compress { data, selectors }))
    },
);

struct Compress {
    data: Value,
    selectors: Value,
}

native_iter!(Compress, compress_class, this => [this.data, this.selectors]);

impl Compress {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        loop {
            let Some(item) = protocol::next(caller, &self.data.clone())? else {
                return Ok(None);
            };
            let Some(selector) = protocol::next(caller, &self.selectors.clone())? else {
                return Ok(None);
            };
            if protocol::truth(caller, &selector)? {
                return Ok(Some(item));
            }
        }
    }
}

/// Which elements a predicate lets through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Those after the first for which it is false.
    DropWhile,
    /// Those for which it is false.
    FilterFalse,
    /// Those before the first for which it is false.
    TakeWhile,
}

macro_rules! ruled {
    ($spec:ident $new:ident $name:literal $signature:literal $rule:expr, $doc:literal) => {
        static $spec: ClassSpec = iterator_class(
            "itertools",
            $name,
            $doc,
            Some(|caller, _, args| call_spec(caller, &$new, args)),
        );
        static $new: NativeSpec = def($signature, $doc, |caller, args| {
            let source = protocol::iter(caller, &args[1])?;
            Ok(Iter::native(Ruled {
                rule: $rule,
                predicate: args[0].clone(),
                source,
                begun: false,
            }))
        });
    };
}

ruled! { DROPWHILE DROPWHILE_NEW "dropwhile" "dropwhile(predicate, iterable, /)" Rule::DropWhile,
"The elements from the first on for which the predicate is false." }
ruled! { FILTERFALSE FILTERFALSE_NEW "filterfalse" "filterfalse(function, iterable, /)" Rule::FilterFalse,
"The elements for which the function is false." }
ruled! { TAKEWHILE TAKEWHILE_NEW "takewhile" "takewhile(predicate, iterable, /)" Rule::TakeWhile,
"The elements as long as the predicate is true." }

struct Ruled {
    rule: Rule,
    predicate: Value,
    source: Value,
    /// Whether the first element for which the predicate is false has been seen.
    begun: bool,
}

impl Ruled {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.rule == Rule::TakeWhile && self.begun {
            return Ok(None);
        }
        while let Some(item) = protocol::next(caller, &self.source.clone())? {
            if self.rule == Rule::DropWhile && self.begun {
                return Ok(Some(item));
            }
            let answer = if self.predicate.is_none() {
                item.clone()
            } else {
                caller.call_positional(&self.predicate.clone(), std::slice::from_ref(&item))?
            };
            let holds = protocol::truth(caller, &answer)?;
            self.begun |= !holds;
            match self.rule {
                Rule::TakeWhile => return Ok(holds.then_some(item)),
                Rule::DropWhile | Rule::FilterFalse if !holds => return Ok(Some(item)),
                Rule::DropWhile | Rule::FilterFalse => {}
            }
        }
        Ok(None)
    }
}

impl crate::lang::object::iter::NativeIter for Ruled {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        self.step(caller)
    }

    fn trace(&self, visit: &mut crate::lang::object::heap::Visit) {
        self.predicate.trace(visit);
        self.source.trace(visit);
    }

    fn class(&self) -> crate::lang::object::Ref<crate::lang::object::Class> {
        match self.rule {
            Rule::DropWhile => dropwhile_class(),
            Rule::FilterFalse => filterfalse_class(),
            Rule::TakeWhile => takewhile_class(),
        }
    }
}

static ISLICE: ClassSpec = iterator_class(
    "itertools",
    "islice",
    ISLICE_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &ISLICE_NEW, args)),
);
static ISLICE_NEW: NativeSpec = def(
    "islice(iterable, start, stop=..., step=None, /)",
    "The elements at the places of a slice.",
    islice,
);

fn bound(caller: &mut dyn Caller, value: &Value, refusal: &str) -> Result<Option<usize>> {
    if value.is_none() {
        return Ok(None);
    }
    let bound = match protocol::special(value, Special::Index) {
        Some(_) => protocol::as_index(caller, value)?,
        None => Value::None,
    };
    match bound.as_int().map(usize::try_from) {
        Some(Ok(bound)) => Ok(Some(bound)),
        _ => Err(value_error(refusal)),
    }
}

fn islice(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    const STOP: &str =
        "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const INDICES: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STEP: &str = "Step for islice() must be a positive integer or None.";
    let (start, stop) = if args[2].is_unbound() {
        (None, bound(caller, &args[1], STOP)?)
    } else {
        let stop = bound(caller, &args[2], STOP)?;
        (bound(caller, &args[1], INDICES)?, stop)
    };
    let step = bound(caller, &args[3], STEP)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error(STEP));
    }
    let source = protocol::iter(caller, &args[0])?;
    Ok(Iter::native(Islice {
        source,
        at: 0,
        next: start.unwrap_or(0),
        stop,
        step,
    }))
}

struct Islice {
    source: Value,
    at: usize,
    next: usize,
    stop: Option<usize>,
    step: usize,
}

native_iter!(Islice, islice_class, this => [this.source]);

impl Islice {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.source.is_unbound() {
            return Ok(None);
        }
        let wanted = match self.stop {
            Some(stop) if self.next >= stop => stop,
            _ => self.next + 1,
        };
        let source = self.source.clone();
        let mut item = None;
        while self.at < wanted {
            item = protocol::next(caller, &source)?;
            if item.is_none() {
                self.source = Value::Unbound;
                return Ok(None);
            }
            self.at += 1;
        }
        if self.stop.is_some_and(|stop| self.next >= stop) {
            self.source = Value::Unbound;
            return Ok(None);
        }
        self.next = self.next.saturating_add(self.step);
        Ok(item)
    }
}

/// The iterators over the elements of `*iterables`.
pub(super) fn iterators(caller: &mut dyn Caller, iterables: &Value) -> Result<Vec<Value>> {
    star(iterables)
        .iter()
        .map(|iterable| protocol::iter(caller, iterable))
        .collect()
}
