//! `optim.Optimizer`: parameter groups, the state of parameters, and what is common to all optimizers.

use super::saved;
use crate::bridge::define::{class_of, def};
use crate::bridge::error::OrRaise;
use crate::bridge::library::alias;
use crate::bridge::nn::zero_gradient;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::warning;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Dict, Exc, Instance, List, NativeSpec, Raised, Ref, Result, Tuple, Value,
    intern, not_implemented_error, protocol, type_error, types, value_error,
};

class_of! {
    /// `optim.Optimizer`
    optimizer_class OPTIMIZER;
}

static OPTIMIZER: ClassSpec = ClassSpec {
    name: "Optimizer",
    open: true,
    module: "torch.optim.optimizer",
    doc: "The base class of all optimizers.",
    methods: METHODS,
    class_methods: &[def(
        "_bare(cls)",
        "An instance whose `__init__` has not run.",
        |_, args| match args[0].exact::<Class>() {
            Some(class) => Ok(Value::from(Instance::new(class))),
            None => Err(type_error("_bare() expects a class")),
        },
    )],
    make: Some(make),
    ..ClassSpec::EMPTY
};

/// The constructor: for classes of the library it runs `__init__` itself.
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let value = Value::from(Instance::new(class));
    if class.native
        && let Some(init) = class.lookup(&intern("__init__"))
    {
        let mut positional = vec![value.clone()];
        positional.extend_from_slice(args.positional);
        let keywords = args.keywords;
        caller.call(
            &init,
            Args {
                positional: &positional,
                keywords,
            },
        )?;
    }
    Ok(value)
}

/// The instance behind an optimizer.
pub(super) fn instance(value: &Value) -> Result<&Ref<Instance>> {
    match value.exact::<Instance>() {
        Some(instance) => Ok(instance),
        None => Err(type_error("an Optimizer is expected")),
    }
}

/// `optimizer.param_groups`
pub(super) fn groups(this: &Value) -> Result<Vec<Value>> {
    let list = instance(this)?.get(&intern("param_groups"));
    match list.as_ref().and_then(|list| list.get::<List>()) {
        Some(list) => Ok(list.items.borrow().clone()),
        None => Err(crate::lang::object::attribute_error(format!(
            "'{}' object has no attribute 'param_groups'",
            this.class_name()
        ))),
    }
}

/// `group['params']`
pub(super) fn params(group: &Value) -> Vec<Value> {
    let params = group.get::<Dict>().and_then(|d| d.get_str("params"));
    match params.as_ref().and_then(|p| p.get::<List>()) {
        Some(list) => list.items.borrow().clone(),
        None => Vec::new(),
    }
}

/// `optimizer.state`
pub(super) fn state(this: &Value) -> Result<Value> {
    Ok(instance(this)?.get(&intern("state")).unwrap_or(Value::None))
}

/// An empty `defaultdict(dict)`.
pub(super) fn new_state(caller: &mut dyn Caller) -> Result<Value> {
    match alias(caller, "collections", "defaultdict")? {
        Some(class) => caller.call_positional(&class, &[Value::from(&types().dict)]),
        None => Ok(Value::from(Dict::new())),
    }
}

/// `Optimizer.__init__(params, defaults)`
pub(super) fn init(
    caller: &mut dyn Caller,
    this: &Value,
    given: &Value,
    defaults: &Ref<Dict>,
) -> Result<()> {
    if tensor_of(given).is_some() {
        return Err(type_error(format!(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, but got {}",
            type_name(given)
        )));
    }
    let owner = instance(this)?.clone();
    owner.set(&intern("defaults"), Value::from(defaults));
    let state = new_state(caller)?;
    owner.set(&intern("state"), state);
    owner.set(&intern("param_groups"), Value::list(Vec::new()));
    let mut given = protocol::collect(caller, given)?;
    if given.is_empty() {
        return Err(value_error("optimizer got an empty parameter list"));
    }
    if given[0].get::<Dict>().is_none() {
        let group = Dict::new();
        group.set_str("params", Value::list(given));
        given = vec![Value::from(group)];
    }
    for group in given {
        let group = match group.get::<Dict>() {
            // The group is a copy: the script's own dict stays as it was.
            Some(dict) => {
                let copy = Dict::new();
                for (key, value) in dict.entries() {
                    protocol::dict_set(caller, &copy, key, value)?;
                }
                Value::from(copy)
            }
            None => group,
        };
        add_group(caller, this, &group)?;
    }
    Ok(())
}

fn type_name(value: &Value) -> String {
    match tensor_of(value) {
        Some(tensor) => format!("torch.{}Tensor", tensor.dtype().scalar_name()),
        None => value.class_name(),
    }
}

/// `add_param_group(group)`
pub(super) fn add_group(caller: &mut dyn Caller, this: &Value, group: &Value) -> Result<()> {
    let Some(group) = group.get::<Dict>().cloned() else {
        return Err(type_error(format!(
            "param_group must be a dict, but got {}",
            protocol::repr(caller, &Value::from(group.class()))?
        )));
    };
    let Some(given) = group.get_str("params") else {
        return Err(Raised::with_args(Exc::KeyError, [Value::str("params")]));
    };
    let items = if tensor_of(&given).is_some() {
        vec![given]
    } else if given.as_set().is_some() {
        return Err(type_error(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change between runs. Please use a list instead.",
        ));
    } else {
        protocol::collect(caller, &given)?
    };
    let (items, names) = split_names(items)?;
    for item in &items {
        check_parameter(item)?;
    }
    let entries = group.entries();
    let old = group.table.borrow_mut().take();
    drop(old);
    for (key, value) in entries {
        let value = match key.as_str() {
            Some("params") => Value::list(items.clone()),
            _ => value,
        };
        protocol::dict_set(caller, &group, key, value)?;
    }
    if let Some(names) = names {
        group.set_str("param_names", Value::list(names));
    }
    let defaults = instance(this)?.get(&intern("defaults"));
    let defaults = defaults.and_then(|d| d.get::<Dict>().map(|d| d.entries()));
    for (key, value) in defaults.unwrap_or_default() {
        if protocol::dict_get(caller, &group, &key)?.is_none() {
            protocol::dict_set(caller, &group, key, value)?;
        }
    }
    let named = |group: &Ref<Dict>| group.get_str("param_names").is_some();
    if let Some(first) = groups(this)?.first().and_then(|g| g.get::<Dict>().cloned())
        && named(&first) != named(&group)
    {
        let which = if named(&group) { "with" } else { "without" };
        return Err(value_error(format!(
            "all optimizer param groups should be with/without names. cannot add param group {which} names to the optimizer"
        )));
    }
    let address = |v: &Value| tensor_of(v).map_or(0, |t| t.address());
    let mut own: Vec<usize> = items.iter().map(address).collect();
    own.sort_unstable();
    if own.windows(2).any(|pair| pair[0] == pair[1]) {
        warning::warn_user(
            caller,
            "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see github.com/pytorch/pytorch/issues/40967 for more information",
        )?;
    }
    let all = groups(this)?;
    let taken = all.iter().flat_map(params).map(|p| address(&p));
    if taken.into_iter().any(|a| own.binary_search(&a).is_ok()) {
        return Err(value_error(
            "some parameters appear in more than one parameter group",
        ));
    }
    let list = instance(this)?.get(&intern("param_groups"));
    if let Some(list) = list.as_ref().and_then(|l| l.get::<List>()) {
        list.items.borrow_mut().push(Value::from(&group));
    }
    Ok(())
}

/// Named parameters: pairs of names and tensors; either all have names or none.
fn split_names(items: Vec<Value>) -> Result<(Vec<Value>, Option<Vec<Value>>)> {
    let pair = |v: &Value| match v.get::<Tuple>().map(|t| t.items.to_vec()).as_deref() {
        Some([name, value]) if name.as_str().is_some() => Some((name.clone(), value.clone())),
        _ => None,
    };
    let pairs: Vec<(Value, Value)> = items.iter().filter_map(pair).collect();
    if pairs.is_empty() {
        return Ok((items, None));
    }
    if pairs.len() < items.len() {
        return Err(value_error(
            "all optimizer params should be with/without names. Some param names are missing",
        ));
    }
    let (names, values) = pairs.into_iter().unzip();
    Ok((values, Some(names)))
}

fn check_parameter(value: &Value) -> Result<()> {
    let Some(tensor) = tensor_of(value) else {
        return Err(type_error(format!(
            "optimizer can only optimize Tensors, but one of the params is {}",
            value.class_name()
        )));
    };
    if !tensor.is_leaf() && !tensor.retains_grad() {
        return Err(value_error("can't optimize a non-leaf Tensor"));
    }
    Ok(())
}

/// `repr(optimizer)`
fn repr(caller: &mut dyn Caller, this: &Value) -> Result<String> {
    let mut text = format!("{} (", this.class_name());
    for (i, group) in groups(this)?.iter().enumerate() {
        text.push_str(&format!("\nParameter Group {i}\n"));
        let mut entries = group.get::<Dict>().map(|d| d.entries()).unwrap_or_default();
        entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
        for (key, value) in entries {
            if key.as_str() != Some("params") {
                // A tensor of no dimensions is written as its number, as in a formatted string.
                let value = match tensor_of(&value) {
                    Some(t) if t.ndim() == 0 => {
                        crate::tensor::core::number::repr(t.item().or_raise()?)
                    }
                    _ => protocol::str(caller, &value)?,
                };
                let key = protocol::str(caller, &key)?;
                text.push_str(&format!("    {key}: {value}\n"));
            }
        }
    }
    text.push(')');
    Ok(text)
}

/// Adds a function to the list of hooks under a name.
fn add_hook(this: &Value, name: &'static str, function: &Value) -> Result<Value> {
    let owner = instance(this)?.clone();
    let key = intern(name);
    let list = match owner.get(&key) {
        Some(list) => list,
        None => {
            let list = Value::list(Vec::new());
            owner.set(&key, list.clone());
            list
        }
    };
    let id = crate::bridge::handle::next_id();
    let hook = function.clone();
    if let Some(list) = list.get::<List>() {
        list.items.borrow_mut().push(hook.clone());
    }
    Ok(crate::bridge::handle::handle(id, move || {
        if let Some(list) = list.get::<List>() {
            list.items.borrow_mut().retain(|known| !known.is(&hook));
        }
    }))
}

/// The hooks under a name.
pub(super) fn hooks(this: &Value, name: &str) -> Vec<Value> {
    let list = instance(this).ok().and_then(|i| i.get(&intern(name)));
    match list.as_ref().and_then(|l| l.get::<List>()) {
        Some(list) => list.items.borrow().clone(),
        None => Vec::new(),
    }
}

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, params, defaults)",
        "Takes parameters or groups of them.",
        |caller, args| {
            let defaults = match args[2].get::<Dict>() {
                Some(dict) => dict.clone(),
                None => return Err(type_error("defaults must be a dict")),
            };
            init(caller, &args[0], &args[1], &defaults)?;
            Ok(Value::None)
        },
    ),
    def(
        "add_param_group(self, param_group)",
        "Adds a group of parameters.",
        |caller, args| {
            add_group(caller, &args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    def(
        "zero_grad(self, set_to_none=...)",
        "Forgets the gradients.",
        |_, args| {
            for group in groups(&args[0])? {
                for parameter in params(&group) {
                    if let Some(tensor) = tensor_of(&parameter) {
                        zero_gradient(tensor, &args[1])?;
                    }
                }
            }
            Ok(Value::None)
        },
    ),
    def(
        "step(self, closure=None)",
        "To be written by derived classes.",
        |_, _| Err(not_implemented_error("")),
    ),
    def(
        "state_dict(self)",
        "Groups and states, by number.",
        |caller, args| saved::state_dict(caller, &args[0]),
    ),
    def(
        "load_state_dict(self, state_dict)",
        "Takes over groups and states.",
        |caller, args| {
            saved::load(caller, &args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    def("__repr__(self)", "Its text.", |caller, args| {
        repr(caller, &args[0]).map(Value::str)
    }),
    def(
        "register_step_pre_hook(self, hook)",
        "Calls a function before a step.",
        |_, args| add_hook(&args[0], "_step_pre_hooks", &args[1]),
    ),
    def(
        "register_step_post_hook(self, hook)",
        "Calls a function after a step.",
        |_, args| add_hook(&args[0], "_step_post_hooks", &args[1]),
    ),
    def(
        "register_load_state_dict_post_hook(self, hook, prepend=False)",
        "Calls a function after loading.",
        |_, args| add_hook(&args[0], "_load_post_hooks", &args[1]),
    ),
];

/// A tensor as a value, for what optimizers keep.
pub(super) fn kept(tensor: crate::tensor::core::Tensor) -> Value {
    tensor_value(tensor)
}
