//! `nn.Module`: the base class of all modules.

use super::attributes::{self, name_of};
use super::state::{Hook, ModuleState, When, expect_state, instance_of};
use super::walk::{self, What};
use super::{call, convert, copy, dict, pickle, text};
use crate::bridge::define::{attribute, class_of, def, getter};
use crate::bridge::handle::{handle, next_id};
use crate::lang::object::native::{ClassSpec, GetSetSpec, add_method};
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, NativeSpec, Ref, Result, Set, Value, intern,
    not_implemented_error, protocol, runtime_error, type_error,
};
use crate::tensor::array::DType;

class_of! {
    base_class MODULE;
}

static MODULE: ClassSpec = ClassSpec {
    name: "Module",
    open: true,
    module: "torch.nn.modules.module",
    doc: "The base class of all neural network modules: derive from it, and assign layers as attributes.",
    methods: METHODS,
    class_methods: CLASS_METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// A method that takes its arguments as they come.
type Raw = fn(&mut dyn Caller, Args) -> Result<Value>;

const RAW: &[(&str, &str, Raw)] = &[
    ("__init__", "__init__(self)", |_, args| init(args)),
    ("__call__", "__call__(self, *args, **kwargs)", call::call),
    ("to", "to(self, *args, **kwargs)", |_, args| {
        convert::to(&args.positional[0], args)?;
        Ok(args.positional[0].clone())
    }),
    ("compile", "compile(self, *args, **kwargs)", |_, _| {
        Ok(Value::None)
    }),
    (
        "state_dict",
        "state_dict(self, *args, destination=None, prefix='', keep_vars=False)",
        |caller, args| {
            let none = Value::None;
            let at = |i: usize, name: &str| args.keyword(name).or_else(|| args.positional.get(i));
            let prefix = at(2, "prefix")
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_string();
            let keep = at(3, "keep_vars").is_some_and(|v| v.native_truth().unwrap_or(true));
            let target = at(1, "destination").unwrap_or(&none).clone();
            dict::state_dict(caller, &args.positional[0], &target, &prefix, keep)
        },
    ),
];

/// `nn.Module`
pub(in crate::bridge) fn module_class() -> Ref<Class> {
    thread_local! {
        static DONE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    let class = base_class();
    if !DONE.replace(true) {
        for (name, signature, run) in RAW {
            add_raw(&class, name, signature, "", *run);
        }
        let attrs: [(&str, Value); 3] = [
            ("dump_patches", Value::Bool(false)),
            ("call_super_init", Value::Bool(false)),
            ("_version", Value::Int(1)),
        ];
        for (name, value) in attrs {
            class.attrs.borrow_mut().set_name(&intern(name), value);
        }
        class.touch();
    }
    class
}

/// Gives a class a method that takes its arguments as they come.
pub(super) fn add_raw(
    class: &Ref<Class>,
    name: &str,
    signature: &str,
    doc: &str,
    run: impl Fn(&mut dyn Caller, Args) -> Result<Value> + 'static,
) {
    add_method(class, name, Some(signature), doc, std::rc::Rc::new(run));
}

/// An instance whose `__init__` has not run.
pub(super) fn allocate(class: &Ref<Class>) -> Value {
    let payload = Value::from(Ref::new(ModuleState::new()));
    Value::from(Instance::with_payload(class, payload))
}

/// The constructor: for classes of the library it runs `__init__` itself.
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let value = allocate(class);
    if class.native
        && let Some(init) = class.lookup(&intern("__init__"))
    {
        let mut positional = Vec::with_capacity(args.positional.len() + 1);
        positional.push(value.clone());
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

/// `Module.__init__`
fn init(args: Args) -> Result<Value> {
    let Some(this) = args.positional.first() else {
        return Err(type_error(
            "Module.__init__() missing 1 required positional argument: 'self'",
        ));
    };
    let name = "Module";
    if let Some((keyword, _)) = args.keywords.first() {
        return Err(type_error(format!(
            "{name}.__init__() got an unexpected keyword argument '{keyword}'"
        )));
    }
    if args.positional.len() > 1 {
        let class = match this.with_class(|class| class.native) {
            true => name.to_string(),
            false => this.class_name(),
        };
        return Err(type_error(format!(
            "{class}.__init__() takes 1 positional argument but {} were given",
            args.positional.len()
        )));
    }
    start(expect_state(this)?);
    Ok(Value::None)
}

/// What `Module.__init__` does.
pub(super) fn start(state: &ModuleState) {
    let fresh = ModuleState::new();
    state.ready.set(true);
    state.training.set(true);
    let old = (
        state.parameters.replace(fresh.parameters()),
        state.buffers.replace(fresh.buffers()),
        state.modules.replace(fresh.modules()),
        state.hooks.take(),
    );
    state.transient.borrow_mut().clear();
    state.hooked.set(false);
    drop(old);
}

fn text_argument(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

pub(super) fn truth(caller: &mut dyn Caller, value: &Value) -> Result<bool> {
    protocol::truth(caller, value)
}

/// Registers a hook: `args` are the module and the function.
fn register(
    args: &[Value],
    when: When,
    prepend: bool,
    with_kwargs: bool,
    always: bool,
) -> Result<Value> {
    let state = expect_state(&args[0])?.clone();
    add(&state, &args[1], when, prepend, with_kwargs, always)
}

/// Registers a hook where it is kept.
pub(super) fn add(
    state: &Ref<ModuleState>,
    function: &Value,
    when: When,
    prepend: bool,
    with_kwargs: bool,
    always: bool,
) -> Result<Value> {
    let other = match when {
        When::Backward => Some(When::OldBackward),
        When::OldBackward => Some(When::Backward),
        _ => None,
    };
    if other.is_some_and(|other| !state.hooks_at(other).is_empty()) {
        return Err(runtime_error(
            "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them.",
        ));
    }
    let id = next_id();
    let hook = Hook {
        id,
        when,
        function: function.clone(),
        with_kwargs,
        always,
    };
    state.add_hook(hook, prepend);
    let weak = crate::lang::object::heap::downgrade(state.as_any());
    Ok(handle(id, move || {
        let state = weak
            .upgrade()
            .and_then(|any| any.downcast_into::<ModuleState>().ok());
        if let Some(state) = state {
            state.remove_hook(id);
        }
    }))
}

fn cast_floats(args: &[Value], name: &str) -> Result<Value> {
    match DType::by_name(name) {
        Some(dtype) => convert::to_float(&args[0], dtype)?,
        None => {
            return Err(crate::lang::object::not_implemented_error(format!(
                "torch.{name}"
            )));
        }
    }
    Ok(args[0].clone())
}

static CLASS_METHODS: &[NativeSpec] = &[def(
    "_bare(cls)",
    "An instance whose `__init__` has not run.",
    |_, args| match args[0].exact::<Class>() {
        Some(class) => Ok(allocate(class)),
        None => Err(type_error("_bare() expects a class")),
    },
)];

static METHODS: &[NativeSpec] = &[
    def(
        "__getstate__(self)",
        "The attributes, as files hold them.",
        |caller, args| pickle::get_state(caller, &args[0]),
    ),
    def(
        "__setstate__(self, state)",
        "Takes attributes over.",
        |caller, args| {
            pickle::set_state(caller, &args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    def(
        "__setattr__(self, name, value, /)",
        "Registers parameters, buffers and modules.",
        |caller, args| {
            let name = name_of(&args[1])?;
            attributes::set(caller, &args[0], &name, args[2].clone())?;
            Ok(Value::None)
        },
    ),
    def(
        "__getattr__(self, name, /)",
        "A parameter, buffer or module.",
        |caller, args| attributes::get(caller, &args[0], &name_of(&args[1])?),
    ),
    def(
        "__delattr__(self, name, /)",
        "Takes an attribute out.",
        |caller, args| {
            attributes::delete(caller, &args[0], &name_of(&args[1])?)?;
            Ok(Value::None)
        },
    ),
    def(
        "__dir__(self)",
        "The names of the attributes.",
        |_, args| {
            let names = attributes::names(&args[0]);
            Ok(Value::list(names.into_iter().map(Value::str).collect()))
        },
    ),
    def(
        "__repr__(self)",
        "Its text, with its modules.",
        |caller, args| text::repr(caller, &args[0]).map(Value::str),
    ),
    def(
        "__deepcopy__(self, memo)",
        "A copy with parameters of its own.",
        |caller, args| copy::deep(caller, &args[0], &args[1]),
    ),
    def(
        "__copy__(self)",
        "A module of the same parameters and children.",
        |caller, args| copy::shallow(caller, &args[0]),
    ),
    def("_get_name(self)", "The name of the class.", |_, args| {
        Ok(Value::str(args[0].class_name()))
    }),
    def(
        "forward(self, *input)",
        "To be written by the script.",
        |_, args| {
            Err(not_implemented_error(format!(
                "Module [{}] is missing the required \"forward\" function",
                args[0].class_name()
            )))
        },
    ),
    def(
        "extra_repr(self)",
        "What stands between the parentheses of its text.",
        |_, _| Ok(Value::str("")),
    ),
    def(
        "register_parameter(self, name, param)",
        "Adds a parameter.",
        attributes::add_parameter,
    ),
    def(
        "register_buffer(self, name, tensor, persistent=True)",
        "Adds a buffer.",
        attributes::add_buffer,
    ),
    def(
        "add_module(self, name, module)",
        "Adds a child.",
        attributes::add_module,
    ),
    def(
        "register_module(self, name, module)",
        "Adds a child.",
        attributes::add_module,
    ),
    def(
        "parameters(self, recurse=True)",
        "Over the parameters.",
        |caller, args| {
            let recurse = truth(caller, &args[1])?;
            walk::members(&args[0], What::Parameters, "", recurse, true)
                .map(|all| walk::values("parameters", all))
        },
    ),
    def(
        "named_parameters(self, prefix='', recurse=True, remove_duplicate=True)",
        "Over names and parameters.",
        |caller, args| named(caller, args, What::Parameters),
    ),
    def(
        "buffers(self, recurse=True)",
        "Over the buffers.",
        |caller, args| {
            let recurse = truth(caller, &args[1])?;
            walk::members(&args[0], What::Buffers, "", recurse, true)
                .map(|all| walk::values("buffers", all))
        },
    ),
    def(
        "named_buffers(self, prefix='', recurse=True, remove_duplicate=True)",
        "Over names and buffers.",
        |caller, args| named(caller, args, What::Buffers),
    ),
    def("children(self)", "Over the children.", |_, args| {
        walk::children(&args[0]).map(|all| walk::values("children", all))
    }),
    def(
        "named_children(self)",
        "Over names and children.",
        |_, args| walk::children(&args[0]).map(|all| walk::pairs("named_children", all)),
    ),
    def(
        "modules(self, remove_duplicate=True)",
        "Over the module and all below it.",
        |caller, args| {
            let once = truth(caller, &args[1])?;
            let places = walk::modules(&args[0], "", once);
            Ok(walk::iterator(
                "modules",
                places.into_iter().map(|p| p.module).collect(),
            ))
        },
    ),
    def(
        "named_modules(self, memo=None, prefix='', remove_duplicate=True)",
        "Over names and modules.",
        |caller, args| {
            let once = truth(caller, &args[3])?;
            let places = walk::modules(&args[0], &text_argument(&args[2]), once);
            Ok(walk::pairs(
                "named_modules",
                places.into_iter().map(|p| (p.path, p.module)).collect(),
            ))
        },
    ),
    def(
        "get_submodule(self, target)",
        "A module by its path.",
        |caller, args| walk::submodule(caller, &args[0], &text_argument(&args[1])),
    ),
    def(
        "set_submodule(self, target, module, strict=False)",
        "Puts a module at a path.",
        |caller, args| {
            let target = text_argument(&args[1]);
            let (parent, name) = target.rsplit_once('.').unwrap_or(("", target.as_str()));
            if name.is_empty() {
                return Err(crate::lang::object::value_error(
                    "Cannot set the submodule without a target name!",
                ));
            }
            let parent = walk::submodule(caller, &args[0], parent)?;
            if truth(caller, &args[3])? {
                walk::submodule(caller, &parent, name)?;
            }
            protocol::set_attr(caller, &parent, &intern(name), args[2].clone())?;
            Ok(Value::None)
        },
    ),
    def(
        "get_parameter(self, target)",
        "A parameter by its path.",
        |caller, args| walk::member(caller, &args[0], &text_argument(&args[1]), What::Parameters),
    ),
    def(
        "get_buffer(self, target)",
        "A buffer by its path.",
        |caller, args| walk::member(caller, &args[0], &text_argument(&args[1]), What::Buffers),
    ),
    def(
        "get_extra_state(self)",
        "To be written by the script.",
        |_, _| {
            Err(runtime_error(
                "Reached a code path in Module.get_extra_state() that should never be called. Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug.",
            ))
        },
    ),
    def(
        "set_extra_state(self, state)",
        "To be written by the script.",
        |_, _| {
            Err(runtime_error(
                "Reached a code path in Module.set_extra_state() that should never be called. Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug.",
            ))
        },
    ),
    def(
        "train(self, mode=True)",
        "Switches training mode.",
        |caller, args| {
            convert::train(caller, &args[0], &args[1])?;
            Ok(args[0].clone())
        },
    ),
    def(
        "eval(self)",
        "Switches training mode off.",
        |caller, args| protocol::call_method(caller, &args[0], "train", &[Value::Bool(false)]),
    ),
    def(
        "zero_grad(self, set_to_none=...)",
        "Forgets all gradients.",
        |_, args| {
            convert::zero_grad(&args[0], &args[1])?;
            Ok(Value::None)
        },
    ),
    def(
        "requires_grad_(self, requires_grad=True)",
        "Switches gradients of all parameters.",
        |caller, args| {
            let on = truth(caller, &args[1])?;
            convert::require_grad(&args[0], on)?;
            Ok(args[0].clone())
        },
    ),
    def(
        "apply(self, fn)",
        "Calls a function with all modules, children first.",
        |caller, args| {
            for (_, child) in walk::children(&args[0])? {
                protocol::call_method(caller, &child, "apply", &args[1..])?;
            }
            caller.call_positional(&args[1], &args[..1])?;
            Ok(args[0].clone())
        },
    ),
    def(
        "_apply(self, fn, recurse=True)",
        "Replaces all tensors by a function of them.",
        |caller, args| {
            convert::apply_function(caller, &args[0], &args[1])?;
            Ok(args[0].clone())
        },
    ),
    def(
        "float(self)",
        "All floating point values as float32.",
        |_, args| cast_floats(args, "float32"),
    ),
    def(
        "double(self)",
        "All floating point values as float64.",
        |_, args| cast_floats(args, "float64"),
    ),
    def(
        "half(self)",
        "All floating point values as float16.",
        |_, args| cast_floats(args, "float16"),
    ),
    def(
        "bfloat16(self)",
        "All floating point values as bfloat16.",
        |_, args| cast_floats(args, "bfloat16"),
    ),
    def(
        "type(self, dst_type)",
        "All values in a dtype.",
        |_, args| {
            convert::set_type(&args[0], &args[1])?;
            Ok(args[0].clone())
        },
    ),
    def("cpu(self)", "The module itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "cuda(self, device=None)",
        "Moves to a GPU, of which there is none.",
        |caller, args| {
            convert::to_device(caller, &args[0], &Value::str("cuda"))?;
            Ok(args[0].clone())
        },
    ),
    def(
        "xpu(self, device=None)",
        "Moves to another device, of which there is none.",
        |caller, args| {
            convert::to_device(caller, &args[0], &Value::str("xpu"))?;
            Ok(args[0].clone())
        },
    ),
    def(
        "to_empty(self, *, device, recurse=True)",
        "The module itself.",
        |_, args| Ok(args[0].clone()),
    ),
    def("share_memory(self)", "The module itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "load_state_dict(self, state_dict, strict=True, assign=False)",
        "Takes over the values of a state dict.",
        |caller, args| {
            let (strict, assign) = (truth(caller, &args[2])?, truth(caller, &args[3])?);
            dict::load(caller, &args[0], &args[1], strict, assign)
        },
    ),
    def(
        "_save_to_state_dict(self, destination, prefix, keep_vars)",
        "Writes what it holds itself.",
        |caller, args| {
            let keep = truth(caller, &args[3])?;
            dict::save(caller, &args[0], &args[1], &text_argument(&args[2]), keep)?;
            Ok(Value::None)
        },
    ),
    def(
        "_load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)",
        "Takes over what it holds itself.",
        |caller, args| {
            dict::load_own(caller, args)?;
            Ok(Value::None)
        },
    ),
    def(
        "register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False)",
        "Calls a function before `forward`.",
        |caller, args| {
            let (prepend, with_kwargs) = (truth(caller, &args[2])?, truth(caller, &args[3])?);
            register(args, When::ForwardPre, prepend, with_kwargs, false)
        },
    ),
    def(
        "register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False)",
        "Calls a function after `forward`.",
        |caller, args| {
            let (prepend, with_kwargs) = (truth(caller, &args[2])?, truth(caller, &args[3])?);
            let always = truth(caller, &args[4])?;
            register(args, When::Forward, prepend, with_kwargs, always)
        },
    ),
    def(
        "register_full_backward_pre_hook(self, hook, prepend=False)",
        "Calls a function with the gradients of the outputs.",
        |caller, args| {
            let prepend = truth(caller, &args[2])?;
            register(args, When::BackwardPre, prepend, false, false)
        },
    ),
    def(
        "register_full_backward_hook(self, hook, prepend=False)",
        "Calls a function with the gradients of the inputs.",
        |caller, args| {
            let prepend = truth(caller, &args[2])?;
            register(args, When::Backward, prepend, false, false)
        },
    ),
    def(
        "register_backward_hook(self, hook)",
        "The way of old.",
        |_, args| register(args, When::OldBackward, false, false, false),
    ),
    def(
        "register_state_dict_pre_hook(self, hook)",
        "Calls a function before `state_dict`.",
        |_, args| register(args, When::StateDictPre, false, false, false),
    ),
    def(
        "register_state_dict_post_hook(self, hook)",
        "Calls a function after `state_dict`.",
        |_, args| register(args, When::StateDict, false, true, false),
    ),
    def(
        "_register_load_state_dict_pre_hook(self, hook, with_module=False)",
        "Calls a function before the module's own values are loaded.",
        |caller, args| {
            let with_module = truth(caller, &args[2])?;
            register(args, When::LoadPre, false, with_module, false)
        },
    ),
    def(
        "_register_state_dict_hook(self, hook)",
        "Calls a function after `state_dict`.",
        |_, args| register(args, When::StateDict, false, false, false),
    ),
    def(
        "register_load_state_dict_pre_hook(self, hook)",
        "Calls a function before `load_state_dict`.",
        |_, args| register(args, When::LoadPre, false, true, false),
    ),
    def(
        "register_load_state_dict_post_hook(self, hook)",
        "Calls a function after `load_state_dict`.",
        |_, args| register(args, When::Load, false, false, false),
    ),
];

fn named(caller: &mut dyn Caller, args: &[Value], what: What) -> Result<Value> {
    let (recurse, once) = (truth(caller, &args[2])?, truth(caller, &args[3])?);
    walk::members(&args[0], what, &text_argument(&args[1]), recurse, once).map(|all| {
        let method = if what == What::Parameters {
            "named_parameters"
        } else {
            "named_buffers"
        };
        walk::pairs(method, all)
    })
}

static ATTRIBUTES: &[GetSetSpec] = &[
    attribute(
        "training",
        "Whether the module is in training mode.",
        |_, this| Ok(Value::Bool(expect_state(this)?.training.get())),
        |caller, this, value| {
            let on = protocol::truth(caller, &value)?;
            expect_state(this)?.training.set(on);
            Ok(())
        },
    ),
    attribute(
        "_parameters",
        "The parameters by name.",
        |_, this| Ok(Value::from(expect_state(this)?.parameters())),
        |_, this, value| set_dict(this, value, |state| &state.parameters),
    ),
    attribute(
        "_buffers",
        "The buffers by name.",
        |_, this| Ok(Value::from(expect_state(this)?.buffers())),
        |_, this, value| set_dict(this, value, |state| &state.buffers),
    ),
    attribute(
        "_modules",
        "The children by name.",
        |_, this| Ok(Value::from(expect_state(this)?.modules())),
        |_, this, value| set_dict(this, value, |state| &state.modules),
    ),
    getter(
        "_non_persistent_buffers_set",
        "Buffers that are not part of the state dict.",
        |_, this| {
            let set = Ref::new(Set::default());
            for name in expect_state(this)?.transient.borrow().iter() {
                set.table.borrow_mut().push(name.hash(), Value::from(name));
            }
            Ok(Value::from(set))
        },
    ),
    getter("_forward_hooks", "The hooks after `forward`.", |_, this| {
        hooks_dict(this, When::Forward)
    }),
    getter(
        "_forward_pre_hooks",
        "The hooks before `forward`.",
        |_, this| hooks_dict(this, When::ForwardPre),
    ),
    getter("_backward_hooks", "The hooks on gradients.", |_, this| {
        hooks_dict(this, When::Backward)
    }),
    attribute(
        "__dict__",
        "The attributes.",
        |_, this| module_dict(this),
        |_, this, value| {
            let Some(dict) = value.get::<Dict>() else {
                return Err(type_error("__dict__ must be set to a dictionary"));
            };
            instance_of(this)?.set_dict(dict.clone());
            Ok(())
        },
    ),
];

fn set_dict(
    this: &Value,
    value: Value,
    field: fn(&ModuleState) -> &std::cell::RefCell<Ref<Dict>>,
) -> Result<()> {
    let Some(dict) = value.get::<Dict>() else {
        return Err(type_error("a dict is expected"));
    };
    let old = field(expect_state(this)?).replace(dict.clone());
    drop(old);
    Ok(())
}

fn hooks_dict(this: &Value, when: When) -> Result<Value> {
    let dict = Dict::new();
    for hook in expect_state(this)?.hooks_at(when) {
        let hash = crate::lang::object::protocol::hash_integer(hook.id) as u64;
        dict.table
            .borrow_mut()
            .push(hash, Value::Int(hook.id), hook.function);
    }
    Ok(Value::from(dict))
}

/// The plain attributes together with the dicts that PyTorch keeps among them.
pub(super) fn module_dict(this: &Value) -> Result<Value> {
    let state = expect_state(this)?;
    let dict = Dict::new();
    dict.set_str("training", Value::Bool(state.training.get()));
    dict.set_str("_parameters", Value::from(state.parameters()));
    dict.set_str("_buffers", Value::from(state.buffers()));
    dict.set_str("_modules", Value::from(state.modules()));
    for (name, value) in instance_of(this)?.entries() {
        if let Some(name) = name.as_str() {
            dict.set_str(name, value);
        }
    }
    Ok(Value::from(dict))
}
