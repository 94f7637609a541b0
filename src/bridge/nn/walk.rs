//! The tree of modules, and the names of what is in it.

use std::cell::RefCell;

use super::module::add_raw;
use super::state::{entries, expect_state, state_of};
use crate::bridge::tensor::tensor_of;
use crate::lang::object::heap::Visit;
use crate::lang::object::native::{ClassSpec, define_class};
use crate::lang::object::{
    Args, Caller, Class, Iter, NativeIter, Raised, Ref, Result, Value, attribute_error, protocol,
    types,
};

/// A module and its path from where the walk began.
pub(super) struct Place {
    /// The dotted name, with the prefix.
    pub(super) path: String,
    /// The module.
    pub(super) module: Value,
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_string()
    } else {
        format!("{prefix}.{name}")
    }
}

/// The module and all below it, parents first; each one once if `once` says so.
pub(super) fn modules(root: &Value, prefix: &str, once: bool) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    let mut seen: std::collections::HashSet<usize> = Default::default();
    let mut waiting = vec![Place {
        path: prefix.to_string(),
        module: root.clone(),
    }];
    while let Some(place) = waiting.pop() {
        let Some(state) = state_of(&place.module) else {
            continue;
        };
        if once && !seen.insert(address(&place.module)) {
            continue;
        }
        let children = entries(&state.modules());
        for (name, module) in children.into_iter().rev() {
            if !module.is_none() {
                let path = join(&place.path, name.as_str());
                waiting.push(Place { path, module });
            }
        }
        out.push(place);
        // A module that contains itself ends here; without `once` PyTorch would not come back.
        if out.len() > 1_000_000 {
            break;
        }
    }
    out
}

fn address(value: &Value) -> usize {
    match value {
        Value::Obj(object) => object.address(),
        _ => 0,
    }
}

/// What is looked for in the modules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Parameters.
    Parameters,
    /// Buffers.
    Buffers,
}

/// Parameters or buffers with their dotted names, each tensor once if `once` says so.
pub(super) fn members(
    root: &Value,
    what: What,
    prefix: &str,
    recurse: bool,
    once: bool,
) -> Result<Vec<(String, Value)>> {
    let places = if recurse {
        modules(root, prefix, once)
    } else {
        vec![Place {
            path: prefix.to_string(),
            module: root.clone(),
        }]
    };
    let mut out = Vec::new();
    let mut seen: std::collections::HashSet<usize> = Default::default();
    for place in places {
        let state = expect_state(&place.module)?;
        let dict = match what {
            What::Parameters => state.parameters(),
            What::Buffers => state.buffers(),
        };
        for (name, value) in entries(&dict) {
            let Some(tensor) = tensor_of(&value) else {
                continue;
            };
            if !once || seen.insert(tensor.address()) {
                out.push((join(&place.path, name.as_str()), value));
            }
        }
    }
    Ok(out)
}

/// The direct children with their names, each one once.
pub(super) fn children(root: &Value) -> Result<Vec<(String, Value)>> {
    let mut out: Vec<(String, Value)> = Vec::new();
    for (name, module) in entries(&expect_state(root)?.modules()) {
        if !module.is_none() && out.iter().all(|(_, known)| !known.is(&module)) {
            out.push((name.as_str().to_string(), module));
        }
    }
    Ok(out)
}

/// A generator over values that are known already.
struct Known {
    values: std::vec::IntoIter<Value>,
    /// The method that made it, which its text names.
    method: &'static str,
}

impl NativeIter for Known {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.values.next())
    }

    fn trace(&self, visit: &mut Visit) {
        let left = self.values.as_slice();
        left.iter().for_each(|value| value.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        generator_class(self.method)
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

thread_local! {
    static CLASSES: RefCell<Vec<(&'static str, Ref<Class>)>> = const { RefCell::new(Vec::new()) };
}

/// The class of the generators that a method makes: they show its name.
fn generator_class(method: &'static str) -> Ref<Class> {
    if let Some(known) = CLASSES.with_borrow(|all| {
        let found = all.iter().find(|(name, _)| *name == method);
        found.map(|(_, class)| class.clone())
    }) {
        return known;
    }
    let class = define_class(&GENERATOR, &[types().callable_iterator.clone()], None);
    let repr = move |_: &mut dyn Caller, args: Args| {
        let address = args.positional.first().map_or(0, address);
        Ok(Value::str(format!(
            "<generator object Module.{method} at {address:#x}>"
        )))
    };
    add_raw(&class, "__repr__", "__repr__(self, /)", "", repr);
    class.touch();
    CLASSES.with_borrow_mut(|all| all.push((method, class.clone())));
    class
}

static GENERATOR: ClassSpec = ClassSpec {
    name: "generator",
    doc: "Runs over what a module holds.",
    ..ClassSpec::EMPTY
};

/// An iterator over these values.
pub(super) fn iterator(method: &'static str, values: Vec<Value>) -> Value {
    let values = values.into_iter();
    Iter::native(Known { values, method })
}

/// An iterator over pairs of names and values.
pub(super) fn pairs(method: &'static str, named: Vec<(String, Value)>) -> Value {
    let pair = |(name, value): (String, Value)| Value::tuple([Value::str(name), value]);
    iterator(method, named.into_iter().map(pair).collect())
}

/// An iterator over the values alone.
pub(super) fn values(method: &'static str, named: Vec<(String, Value)>) -> Value {
    iterator(method, named.into_iter().map(|(_, value)| value).collect())
}

fn no_attribute(module: &Value, name: &str) -> Raised {
    attribute_error(format!("{} has no attribute `{name}`", module.class_name()))
}

/// `get_submodule("a.b")`
pub(super) fn submodule(caller: &mut dyn Caller, root: &Value, path: &str) -> Result<Value> {
    let mut module = root.clone();
    if path.is_empty() {
        return Ok(module);
    }
    for name in path.split('.') {
        let interned = crate::lang::object::intern(name);
        let Some(next) = protocol::find_attr(caller, &module, &interned).or_else(|raised| {
            match raised.is(crate::lang::object::Exc::AttributeError) {
                true => Ok(None),
                false => Err(raised),
            }
        })?
        else {
            return Err(no_attribute(&module, name));
        };
        if state_of(&next).is_none() {
            return Err(attribute_error(format!("`{name}` is not an nn.Module")));
        }
        module = next;
    }
    Ok(module)
}

/// `get_parameter("a.b.weight")` and `get_buffer`
pub(super) fn member(
    caller: &mut dyn Caller,
    root: &Value,
    path: &str,
    what: What,
) -> Result<Value> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let module = submodule(caller, root, parent)?;
    let state = expect_state(&module)?;
    let dict = match what {
        What::Parameters => state.parameters(),
        What::Buffers => state.buffers(),
    };
    match dict.get_str(name) {
        Some(value) if !(value.is_none() && what == What::Parameters) => Ok(value),
        _ if protocol::find_attr(caller, &module, &crate::lang::object::intern(name))
            .ok()
            .flatten()
            .is_some() =>
        {
            Err(attribute_error(match what {
                What::Parameters => format!("`{name}` is not an nn.Parameter"),
                What::Buffers => format!("`{name}` is not a buffer"),
            }))
        }
        _ => Err(no_attribute(&module, name)),
    }
}
