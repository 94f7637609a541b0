//! `lru_cache`: results of a function kept by its arguments.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, add_method};
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, Kind, Method, NativeSpec, Ref, Result, Value, intern,
    protocol, type_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, def};

/// The results of one function. With a limit, they form a ring by the time of their last use.
struct Cache {
    function: Value,
    limit: Option<usize>,
    typed: bool,
    /// From keys to results, or with a limit to places in `slots`.
    table: Dict,
    slots: RefCell<Vec<Slot>>,
    /// The slot used last.
    newest: Cell<usize>,
    hits: Cell<usize>,
    misses: Cell<usize>,
}

/// A result with its neighbours by time of use.
struct Slot {
    key: Value,
    value: Value,
    older: usize,
    newer: usize,
}

impl HeapType for Cache {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
        if let Ok(table) = self.table.table.try_borrow() {
            table.trace(visit);
        }
        if let Ok(slots) = self.slots.try_borrow() {
            for slot in slots.iter() {
                slot.key.trace(visit);
                slot.value.trace(visit);
            }
        }
    }

    fn clear(&self) {
        let old = (self.table.table.borrow_mut().take(), self.slots.take());
        drop(old);
    }

    fn class(&self) -> Ref<Class> {
        cache_class()
    }
}

class_of! {
    cache_class CACHE;
}

static CACHE: ClassSpec = ClassSpec {
    name: "cache",
    module: "functools",
    ..ClassSpec::EMPTY
};

static WRAPPER: ClassSpec = ClassSpec {
    name: "_lru_cache_wrapper",
    module: "functools",
    doc: "A function whose results are kept.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

class_of! {
    /// The class of cached functions.
    wrapper_class WRAPPER, then |class| {
        add_method(class, "__call__", None, "Calls the function.", Rc::new(call));
    };
}

fn cache_of(value: &Value) -> Result<Ref<Cache>> {
    value
        .get::<Cache>()
        .cloned()
        .ok_or_else(|| type_error("a cached function is required"))
}

static METHODS: &[NativeSpec] = &[
    def(
        "__get__(self, instance, owner=None, /)",
        "Binds the function as a method.",
        |_, args| {
            if args[1].is_none() {
                return Ok(args[0].clone());
            }
            let method = Method {
                function: args[0].clone(),
                receiver: args[1].clone(),
            };
            Ok(Value::from(Ref::new(method)))
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |_, args| {
            let name = args[0]
                .exact::<Instance>()
                .and_then(|this| this.get(&intern("__qualname__")));
            let name = name
                .and_then(|name| name.as_str().map(str::to_string))
                .unwrap_or_default();
            Ok(Value::str(format!(
                "<functools._lru_cache_wrapper object {name}>"
            )))
        },
    ),
    def("cache_clear(self, /)", "Forgets all results.", |_, args| {
        let cache = cache_of(&args[0])?;
        let old = (cache.table.table.borrow_mut().take(), cache.slots.take());
        cache.hits.set(0);
        cache.misses.set(0);
        drop(old);
        Ok(Value::None)
    }),
    def(
        "cache_info(self, /)",
        "Hits, misses, limit and how many results there are.",
        |_, args| {
            let cache = cache_of(&args[0])?;
            let limit = cache.limit.map_or(Value::None, Value::from);
            let parts = [
                Value::from(cache.hits.get()),
                Value::from(cache.misses.get()),
                limit,
                Value::from(cache.table.len()),
            ];
            Ok(Value::from(Instance::with_payload(
                &info_class(),
                Value::tuple(parts),
            )))
        },
    ),
    def(
        "cache_parameters(self, /)",
        "A dict of the limit and whether types are told apart.",
        |_, args| {
            let cache = cache_of(&args[0])?;
            let dict = Dict::new();
            dict.set_str("maxsize", cache.limit.map_or(Value::None, Value::from));
            dict.set_str("typed", Value::Bool(cache.typed));
            Ok(Value::from(dict))
        },
    ),
];

/// `_lru_cache_wrapper(function, maxsize, typed)`
fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let [function, limit, typed] = args.positional else {
        return Err(type_error(
            "a function, a limit and a truth value are required",
        ));
    };
    let limit = arguments::optional_int(caller, limit)?.map(|n| usize::try_from(n).unwrap_or(0));
    let cache = Cache {
        function: function.clone(),
        limit,
        typed: protocol::truth(caller, typed)?,
        table: Dict::default(),
        slots: RefCell::default(),
        newest: Cell::new(0),
        hits: Cell::new(0),
        misses: Cell::new(0),
    };
    Ok(Value::from(Instance::with_payload(
        class,
        Value::from(Ref::new(cache)),
    )))
}

/// The key of a call: the one argument if it is a plain integer or string, else a tuple of all that was given.
fn key_of(cache: &Cache, args: Args) -> Value {
    if let [only] = args.positional
        && args.keywords.is_empty()
        && !cache.typed
        && (matches!(only, Value::Int(_)) || only.kind() == Some(Kind::Str))
    {
        return only.clone();
    }
    let mut parts = args.positional.to_vec();
    if !args.keywords.is_empty() {
        parts.push(Value::Ellipsis);
        for (name, value) in args.keywords {
            parts.extend([Value::from(name), value.clone()]);
        }
    }
    if cache.typed {
        let classes: Vec<Value> = parts.iter().map(|part| Value::from(part.class())).collect();
        parts.extend(classes);
    }
    Value::tuple(parts)
}

fn call(caller: &mut dyn Caller, args: Args) -> Result<Value> {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(type_error("a cached function is required"));
    };
    let cache = cache_of(this)?;
    let args = Args {
        positional: rest,
        keywords: args.keywords,
    };
    if cache.limit == Some(0) {
        cache.misses.set(cache.misses.get() + 1);
        return caller.call(&cache.function, args);
    }
    let key = key_of(&cache, args);
    if let Some(found) = protocol::dict_get(caller, &cache.table, &key)? {
        cache.hits.set(cache.hits.get() + 1);
        if cache.limit.is_none() {
            return Ok(found);
        }
        if let Some(place) = found.as_int() {
            return Ok(cache.use_again(place as usize));
        }
    }
    cache.misses.set(cache.misses.get() + 1);
    let result = caller.call(&cache.function, args)?;
    match cache.limit {
        None => protocol::dict_set(caller, &cache.table, key, result.clone())?,
        Some(limit) => cache.keep(caller, limit, key, result.clone())?,
    }
    Ok(result)
}

impl Cache {
    /// Makes a slot the newest; returns its value.
    fn use_again(&self, place: usize) -> Value {
        let mut slots = self.slots.borrow_mut();
        let value = slots[place].value.clone();
        let newest = self.newest.get();
        if place != newest {
            let (older, newer) = (slots[place].older, slots[place].newer);
            slots[older].newer = newer;
            slots[newer].older = older;
            link(&mut slots, newest, place);
            self.newest.set(place);
        }
        value
    }

    /// Enters a result, in place of the one used longest ago where the limit is reached.
    fn keep(&self, caller: &mut dyn Caller, limit: usize, key: Value, value: Value) -> Result<()> {
        if protocol::dict_get(caller, &self.table, &key)?.is_some() {
            return Ok(()); // The function itself has called the cache with the same arguments.
        }
        let count = self.slots.borrow().len();
        if count < limit {
            protocol::dict_set(caller, &self.table, key.clone(), Value::from(count))?;
            let mut slots = self.slots.borrow_mut();
            slots.push(Slot {
                key,
                value,
                older: count,
                newer: count,
            });
            if count > 0 {
                link(&mut slots, self.newest.get(), count);
            }
            self.newest.set(count);
            return Ok(());
        }
        let oldest = self.slots.borrow()[self.newest.get()].newer;
        let old_key = self.slots.borrow()[oldest].key.clone();
        protocol::dict_remove(caller, &self.table, &old_key)?;
        protocol::dict_set(caller, &self.table, key.clone(), Value::from(oldest))?;
        let old = {
            let slot = &mut self.slots.borrow_mut()[oldest];
            (
                std::mem::replace(&mut slot.key, key),
                std::mem::replace(&mut slot.value, value),
            )
        };
        self.newest.set(oldest); // The ring is turned by one.
        drop(old);
        Ok(())
    }
}

/// Puts a slot into the ring behind the newest one.
fn link(slots: &mut [Slot], newest: usize, place: usize) {
    let after = slots[newest].newer;
    slots[place].older = newest;
    slots[place].newer = after;
    slots[newest].newer = place;
    slots[after].older = place;
}

/// `functools.CacheInfo`
fn info_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        let names = ["hits", "misses", "maxsize", "currsize"].map(str::to_string);
        crate::lang::stdlib::collections::namedtuple::class(
            "CacheInfo",
            &names,
            Vec::new(),
            Value::str("functools"),
        )
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}
