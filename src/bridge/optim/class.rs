//! Classes for the optimizers of the tensor wing, made from their specs when they are first asked for.

use std::cell::RefCell;

use smallvec::SmallVec;

use super::base::{groups, init, make, optimizer_class, params, state};
use super::step::{self, GroupOptions};
use crate::bridge::convert::{arg_value, to_arg};
use crate::bridge::error::{OrRaise, raised};
use crate::bridge::tensor::tensor_of;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::native::add_method;
use crate::lang::object::{
    Args, Caller, Class, Dict, Ref, Result, Value, intern, runtime_error, type_error,
};
use crate::tensor::ops::Arg;
use crate::tensor::optim::{self, spec::Entry};

thread_local! {
    static CLASSES: RefCell<Vec<(&'static str, Ref<Class>)>> = const { RefCell::new(Vec::new()) };
}

/// The names of all optimizers.
pub(in crate::bridge) fn optimizer_names() -> impl Iterator<Item = &'static str> {
    optim::all().iter().map(|entry| entry.optimizer.name())
}

/// The class of an optimizer.
pub(super) fn class_named(name: &str) -> Option<Ref<Class>> {
    if name == "Optimizer" {
        return Some(optimizer_class());
    }
    if let Some(known) = CLASSES.with_borrow(|all| {
        let found = all.iter().find(|(n, _)| *n == name);
        found.map(|(_, class)| class.clone())
    }) {
        return Some(known);
    }
    let entry = optim::find(name)?;
    let class = new_class(entry);
    CLASSES.with_borrow_mut(|all| all.push((entry.optimizer.name(), class.clone())));
    Some(class)
}

fn new_class(entry: &'static Entry) -> Ref<Class> {
    let optimizer = entry.optimizer;
    let name = optimizer.name();
    let base = class_named(optimizer.base).unwrap_or_else(optimizer_class);
    let mut attrs = Table::default();
    let home = format!("torch.optim.{}", name.to_lowercase());
    attrs.set_name(&intern("__module__"), Value::str(home));
    attrs.set_name(&intern("__doc__"), Value::str(optimizer.doc));
    let class = Class::create(NewClass {
        name: intern(name),
        bases: vec![base],
        attrs,
        metaclass: None,
        make: Some(make),
        native: true,
        solid: None,
    })
    .expect("one base always fits");
    class.open();
    let signature = crate::bridge::nn::method_signature("__init__", optimizer.signature);
    add(&class, "__init__", &signature, move |caller, args| {
        construct(caller, entry, args)
    });
    add(
        &class,
        "step",
        "step(self, closure=None)",
        move |caller, args| step::step(caller, entry, args),
    );
    class.touch();
    class
}

fn add(
    class: &Ref<Class>,
    name: &str,
    signature: &str,
    run: impl Fn(&mut dyn Caller, Args) -> Result<Value> + 'static,
) {
    add_method(class, name, Some(signature), "", std::rc::Rc::new(run));
}

/// `__init__`: the options are checked, then the groups are made.
fn construct(caller: &mut dyn Caller, entry: &'static Entry, args: Args) -> Result<Value> {
    let Some(this) = args.positional.first() else {
        return Err(type_error("unbound method needs an argument"));
    };
    let given = args.positional.get(1).or_else(|| args.keyword("params"));
    let mut positional: SmallVec<[Arg; 4]> = SmallVec::new();
    for (i, value) in args.positional[1..].iter().enumerate() {
        // The parameters themselves are no concern of the options.
        positional.push(if i == 0 {
            Arg::None
        } else {
            to_arg(caller, value)?
        });
    }
    let mut named: SmallVec<[(String, Arg); 4]> = SmallVec::new();
    for (name, value) in args.keywords {
        let arg = if name.as_str() == "params" {
            Arg::None
        } else {
            to_arg(caller, value)?
        };
        named.push((name.as_str().to_string(), arg));
    }
    let bound = entry.bind(positional, named).map_err(raised)?;
    let is_on = |name: &str| {
        let given = args.keyword(name);
        given.is_some_and(|v| v.native_truth().unwrap_or(true))
    };
    if is_on("fused") && is_on("differentiable") {
        return Err(runtime_error("`fused` does not support `differentiable`"));
    }
    if is_on("fused") && is_on("foreach") {
        return Err(runtime_error(
            "`fused` and `foreach` cannot be `True` together.",
        ));
    }
    let defaults = Dict::new();
    for (name, value) in entry.defaults(&bound) {
        // What was given stays the very object: a learning rate may be a tensor.
        let own = args.keyword(name).cloned();
        defaults.set_str(name, own.unwrap_or_else(|| arg_value(value)));
    }
    init(caller, this, given.unwrap_or(&Value::None), &defaults)?;
    if let Some(initial) = entry.optimizer.initial {
        let state = state(this)?;
        for group in groups(this)? {
            for parameter in params(&group) {
                if let Some(tensor) = tensor_of(&parameter) {
                    let fresh = initial(tensor, &GroupOptions(&group)).or_raise()?;
                    step::store(caller, &state, &parameter, fresh)?;
                }
            }
        }
    }
    Ok(Value::None)
}
