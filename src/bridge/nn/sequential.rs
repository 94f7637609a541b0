//! `nn.Sequential`: modules one after the other.

use super::module::{add_raw, make, module_class, start};
use super::state::{ModuleState, entries, expect_state, state_of};
use super::{attributes, walk};
use crate::bridge::define::{class_of, def};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Dict, NativeSpec, Ref, Result, Slice, Value, index_error, intern,
    not_implemented_error, protocol, type_error,
};

class_of! {
    base_class SEQUENTIAL, base module_class();
}

static SEQUENTIAL: ClassSpec = ClassSpec {
    name: "Sequential",
    open: true,
    module: "torch.nn.modules.container",
    doc: "Modules that are run one after the other.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

/// `nn.Sequential`
pub(super) fn sequential_class() -> Ref<Class> {
    let class = base_class();
    if class.own(&intern("__init__")).is_none() {
        add_raw(&class, "__init__", "__init__(self, *args)", "", init);
        add_raw(&class, "forward", "forward(self, input)", "", run);
        class.touch();
    }
    class
}

fn init(caller: &mut dyn Caller, args: Args) -> Result<Value> {
    let Some(this) = args.positional.first() else {
        return Err(type_error("Sequential.__init__() needs self"));
    };
    if let Some((name, _)) = args.keywords.first() {
        return Err(type_error(format!(
            "Sequential.__init__() got an unexpected keyword argument '{name}'"
        )));
    }
    start(expect_state(this)?);
    let given = &args.positional[1..];
    if let [only] = given
        && let Some(dict) = only.get::<Dict>().cloned()
    {
        for (name, module) in dict.entries() {
            attributes::add_module(caller, &[this.clone(), name, module])?;
        }
        return Ok(Value::None);
    }
    for (i, module) in given.iter().enumerate() {
        add_at(caller, this, i, module)?;
    }
    Ok(Value::None)
}

fn add_at(caller: &mut dyn Caller, this: &Value, i: usize, module: &Value) -> Result<()> {
    let args = [this.clone(), Value::str(i.to_string()), module.clone()];
    attributes::add_module(caller, &args).map(drop)
}

fn list(state: &ModuleState) -> Vec<Value> {
    entries(&state.modules())
        .into_iter()
        .map(|(_, m)| m)
        .collect()
}

/// Puts other modules in the place of all, named by number.
fn renumber(state: &ModuleState, modules: Vec<Value>) {
    let dict = state.modules();
    let old = dict.table.borrow_mut().take();
    for (i, module) in modules.into_iter().enumerate() {
        dict.set_str(&i.to_string(), module);
    }
    drop(old);
}

fn place(caller: &mut dyn Caller, index: &Value, len: usize) -> Result<usize> {
    let index = protocol::as_index(caller, index)?;
    let number = index.as_int().unwrap_or(i64::MAX);
    protocol::clamp_index(number, len)
        .ok_or_else(|| index_error(format!("index {number} is out of range")))
}

fn get(caller: &mut dyn Caller, this: &Value, index: &Value) -> Result<Value> {
    let state = expect_state(this)?.clone();
    let all = entries(&state.modules());
    if let Some(slice) = index.exact::<Slice>() {
        let bounds = protocol::slice_bounds(caller, slice, all.len())?;
        let part = Dict::new();
        for i in bounds.places() {
            part.set_name(&all[i].0, all[i].1.clone());
        }
        let class = Value::from(this.class());
        return caller.call(&class, Args::positional(&[Value::from(part)]));
    }
    let i = place(caller, index, all.len())?;
    Ok(all[i].1.clone())
}

/// `forward(input)`; refusals are a Python function's.
fn run(caller: &mut dyn Caller, args: Args) -> Result<Value> {
    match (args.positional, args.keywords) {
        ([this, input], []) => forward(caller, this, input),
        ([this], [(name, input)]) if name.as_str() == "input" => forward(caller, this, input),
        (_, [(name, _), ..]) if name.as_str() != "input" => Err(type_error(format!(
            "Sequential.forward() got an unexpected keyword argument '{name}'"
        ))),
        ([_], []) => Err(type_error(
            "Sequential.forward() missing 1 required positional argument: 'input'",
        )),
        (given, _) => Err(type_error(format!(
            "Sequential.forward() takes 2 positional arguments but {} were given",
            given.len()
        ))),
    }
}

fn forward(caller: &mut dyn Caller, this: &Value, input: &Value) -> Result<Value> {
    let state = expect_state(this)?.clone();
    let mut value = input.clone();
    for module in list(&state) {
        value = match state_of(&module) {
            Some(_) => caller.call(&module, Args::positional(std::slice::from_ref(&value)))?,
            None => {
                return Err(not_implemented_error(
                    "a Sequential with something that is no module",
                ));
            }
        };
    }
    Ok(value)
}

fn insert(caller: &mut dyn Caller, this: &Value, index: &Value, module: &Value) -> Result<()> {
    if state_of(module).is_none() {
        let expected = protocol::repr(caller, &Value::from(&module_class()))?;
        return Err(crate::lang::object::Raised::new(
            crate::lang::object::Exc::AssertionError,
            format!("module should be of type: {expected}"),
        ));
    }
    let state = expect_state(this)?.clone();
    let mut all = list(&state);
    let n = all.len() as i64;
    let at = protocol::as_index(caller, index)?
        .as_int()
        .unwrap_or(i64::MAX);
    if !(-n..=n).contains(&at) {
        return Err(index_error(format!("Index out of range: {at}")));
    }
    let at = if at < 0 { at + n } else { at };
    all.insert(at as usize, module.clone());
    renumber(&state, all);
    Ok(())
}

fn delete(caller: &mut dyn Caller, this: &Value, index: &Value) -> Result<Value> {
    let state = expect_state(this)?.clone();
    let mut all = list(&state);
    let mut taken = Value::None;
    if let Some(slice) = index.exact::<Slice>() {
        let bounds = protocol::slice_bounds(caller, slice, all.len())?;
        let gone: Vec<usize> = bounds.places().collect();
        let kept = all.into_iter().enumerate();
        all = kept
            .filter(|(i, _)| !gone.contains(i))
            .map(|(_, m)| m)
            .collect();
    } else {
        let i = place(caller, index, all.len())?;
        taken = all.remove(i);
    }
    renumber(&state, all);
    Ok(taken)
}

/// `sequential * n`: the modules, repeated.
fn repeated(caller: &mut dyn Caller, this: &Value, count: &Value) -> Result<Vec<Value>> {
    let mut shown = |value: &Value| protocol::repr(caller, &Value::from(value.class()));
    let count = match count.as_int() {
        None => {
            return Err(type_error(format!(
                "unsupported operand type(s) for *: {} and {}",
                shown(this)?,
                shown(count)?
            )));
        }
        Some(n) if n <= 0 => {
            return Err(crate::lang::object::value_error(format!(
                "Non-positive multiplication factor {n} for {}",
                shown(this)?
            )));
        }
        Some(n) => n as usize,
    };
    let all = list(expect_state(this)?);
    Ok(std::iter::repeat_n(all, count).flatten().collect())
}

fn multiplied(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let all = repeated(caller, &args[0], &args[1])?;
    caller.call_positional(&Value::from(&sequential_class()), &all)
}

static METHODS: &[NativeSpec] = &[
    def("__mul__(self, other)", "The modules, repeated.", multiplied),
    def(
        "__rmul__(self, other)",
        "The modules, repeated.",
        multiplied,
    ),
    def(
        "__imul__(self, other)",
        "Repeats the modules.",
        |caller, args| {
            let all = repeated(caller, &args[0], &args[1])?;
            renumber(expect_state(&args[0])?, all);
            Ok(args[0].clone())
        },
    ),
    def(
        "__getitem__(self, idx)",
        "A module, or some of them.",
        |caller, args| get(caller, &args[0], &args[1]),
    ),
    def(
        "__setitem__(self, idx, module)",
        "Replaces a module.",
        |caller, args| {
            let state = expect_state(&args[0])?.clone();
            let all = entries(&state.modules());
            let i = place(caller, &args[1], all.len())?;
            protocol::set_attr(caller, &args[0], &all[i].0.clone(), args[2].clone())?;
            Ok(Value::None)
        },
    ),
    def(
        "__delitem__(self, idx)",
        "Takes modules out.",
        |caller, args| {
            delete(caller, &args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    def("__len__(self)", "How many there are.", |_, args| {
        Ok(Value::from(expect_state(&args[0])?.modules().len()))
    }),
    def("__iter__(self)", "Over the modules.", |_, args| {
        Ok(walk::iterator("__iter__", list(expect_state(&args[0])?)))
    }),
    def("__add__(self, other)", "Both in a row.", |caller, args| {
        let Some(other) = state_of(&args[1]) else {
            return Err(crate::lang::object::value_error(format!(
                "add operator supports only objects of Sequential class, but {} is given.",
                protocol::repr(caller, &Value::from(args[1].class()))?
            )));
        };
        let all = list(expect_state(&args[0])?).into_iter().chain(list(other));
        let all: Vec<Value> = all.collect();
        let class = Value::from(&sequential_class());
        caller.call(&class, Args::positional(&all))
    }),
    def(
        "append(self, module)",
        "Adds a module at the end.",
        |caller, args| {
            let n = expect_state(&args[0])?.modules().len();
            add_at(caller, &args[0], n, &args[1])?;
            Ok(args[0].clone())
        },
    ),
    def(
        "insert(self, index, module)",
        "Adds a module at a place.",
        |caller, args| {
            insert(caller, &args[0], &args[1], &args[2])?;
            Ok(args[0].clone())
        },
    ),
    def(
        "extend(self, sequential)",
        "Adds the modules of another.",
        |caller, args| {
            for module in protocol::collect(caller, &args[1])? {
                let n = expect_state(&args[0])?.modules().len();
                add_at(caller, &args[0], n, &module)?;
            }
            Ok(args[0].clone())
        },
    ),
    def("pop(self, key)", "Takes a module out.", |caller, args| {
        delete(caller, &args[0], &args[1])
    }),
];
