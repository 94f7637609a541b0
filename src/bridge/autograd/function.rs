//! `torch.autograd.Function`: operations whose backward rule is written in the script.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use crate::bridge::callback;
use crate::bridge::define::{attribute, class_of, def, getter};
use crate::bridge::error::{OrRaise, carried};
use crate::bridge::library::alias;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, HeapType, Instance, Kind, List, Native, NativeSpec, Ref,
    Result, Tuple, Value, intern, not_implemented_error, protocol, runtime_error, type_error,
};
use crate::tensor::array::{self, Array};
use crate::tensor::core::mode::GradGuard;
use crate::tensor::core::record::record_rule;
use crate::tensor::core::tensor::Creation;
use crate::tensor::core::{Backward, Grads, Needs, Node, Saved, Tensor, is_grad_enabled, level};
use crate::tensor::ops::in_place::{check_writable, rebase};

class_of! {
    /// `torch.autograd.Function`
    function_class FUNCTION;
    /// `torch.autograd.function.FunctionCtx`
    context_class CONTEXT;
}

static FUNCTION: ClassSpec = ClassSpec {
    name: "Function",
    open: true,
    module: "torch.autograd.function",
    doc: "The base of operations whose `forward` and `backward` are written in the script.",
    class_methods: CLASS_METHODS,
    methods: &[def(
        "__call__(self, *args, **kwargs)",
        "Refused: operations are run by `apply`.",
        |_, _| {
            Err(runtime_error(
                "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
            ))
        },
    )],
    ..ClassSpec::EMPTY
};

static CONTEXT: ClassSpec = ClassSpec {
    name: "FunctionCtx",
    open: true,
    module: "torch.autograd.function",
    doc: "What `forward` hands to `backward`.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    solid: true,
    ..ClassSpec::EMPTY
};

/// What a context holds besides the attributes that the script sets.
struct Context {
    /// What `save_for_backward` was given, until the operation is over.
    to_save: RefCell<Vec<Option<Tensor>>>,
    saved: RefCell<Vec<Option<Saved>>>,
    freed: Cell<bool>,
    node: RefCell<Weak<Node>>,
    needs: RefCell<Vec<bool>>,
    materialize: Cell<bool>,
    dirty: RefCell<Vec<Tensor>>,
    non_differentiable: RefCell<Vec<Tensor>>,
}

impl HeapType for Context {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        context_class()
    }
}

fn of(value: &Value) -> Result<&Ref<Context>> {
    match value.get::<Context>() {
        Some(context) => Ok(context),
        None => Err(type_error("a FunctionCtx is expected")),
    }
}

/// The tensors among the elements of a starred argument.
fn tensors(value: &Value) -> Vec<Tensor> {
    let items = value.get::<Tuple>().map(|t| t.items.to_vec());
    let items = items.unwrap_or_default();
    items.iter().filter_map(|v| tensor_of(v).cloned()).collect()
}

/// What is to be kept, from a starred argument.
fn to_save(given: &Value) -> Result<Vec<Option<Tensor>>> {
    let items = given.get::<Tuple>().map(|t| t.items.to_vec());
    let mut kept = Vec::new();
    for item in items.unwrap_or_default() {
        match (item.is_none(), tensor_of(&item)) {
            (true, _) => kept.push(None),
            (_, Some(tensor)) => kept.push(Some(tensor.clone())),
            _ => {
                return Err(type_error(format!(
                    "save_for_backward can only save variables, but argument {} is of type {}",
                    kept.len(),
                    item.class_name()
                )));
            }
        }
    }
    Ok(kept)
}

static METHODS: &[NativeSpec] = &[
    def(
        "save_for_backward(self, *tensors)",
        "Keeps inputs and outputs for `backward`.",
        |_, args| {
            let kept = to_save(&args[1])?;
            of(&args[0])?.to_save.replace(kept);
            Ok(Value::None)
        },
    ),
    def(
        "save_for_forward(self, *tensors)",
        "Keeps them for `jvp`, if nothing is kept for `backward`.",
        |_, args| {
            let kept = to_save(&args[1])?;
            let context = of(&args[0])?;
            if context.to_save.borrow().is_empty() {
                context.to_save.replace(kept);
            }
            Ok(Value::None)
        },
    ),
    def(
        "mark_dirty(self, *args)",
        "Names inputs written to.",
        |_, args| {
            of(&args[0])?.dirty.replace(tensors(&args[1]));
            Ok(Value::None)
        },
    ),
    def(
        "mark_non_differentiable(self, *args)",
        "Names outputs without gradient.",
        |_, args| {
            of(&args[0])?.non_differentiable.replace(tensors(&args[1]));
            Ok(Value::None)
        },
    ),
    def(
        "set_materialize_grads(self, value)",
        "Whether missing gradients become zeros.",
        |caller, args| {
            let on = protocol::truth(caller, &args[1])?;
            of(&args[0])?.materialize.set(on);
            Ok(Value::None)
        },
    ),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    getter("saved_tensors", "What was kept.", |_, this| {
        saved_tensors(of(this)?)
    }),
    attribute(
        "needs_input_grad",
        "Which inputs want a gradient.",
        |_, this| {
            let needs = of(this)?.needs.borrow();
            Ok(Value::tuple(
                needs.iter().map(|b| Value::Bool(*b)).collect::<Vec<_>>(),
            ))
        },
        |_, _, _| Ok(()),
    ),
];

fn saved_tensors(context: &Context) -> Result<Value> {
    if context.freed.get() {
        return Err(runtime_error(level::second_backward_message()));
    }
    let node = context.node.borrow().upgrade();
    let mut out = Vec::new();
    match node {
        Some(node) => {
            for saved in context.saved.borrow().iter() {
                out.push(match saved {
                    Some(saved) => tensor_value(saved.get(&node).or_raise()?),
                    None => Value::None,
                });
            }
        }
        None => {
            let kept = context.to_save.borrow();
            out.extend(
                kept.iter()
                    .map(|t| t.clone().map_or(Value::None, tensor_value)),
            );
        }
    }
    Ok(Value::tuple(out))
}

static CLASS_METHODS: &[NativeSpec] = &[
    def(
        "apply(cls, *args, **kwargs)",
        "Runs the operation.",
        |caller, args| {
            let positional = args[1].get::<Tuple>().map(|t| t.items.to_vec());
            apply(caller, &args[0], &positional.unwrap_or_default())
        },
    ),
    def(
        "forward(cls, *args, **kwargs)",
        "To be written by the script.",
        |_, _| {
            Err(not_implemented_error(
                "You must implement the forward function for custom autograd.Function.",
            ))
        },
    ),
    def(
        "backward(cls, ctx, *grad_outputs)",
        "To be written by the script.",
        |_, _| {
            Err(not_implemented_error(
                "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.",
            ))
        },
    ),
];

thread_local! {
    /// Names of nodes, which live as long as the program.
    static NAMES: RefCell<HashMap<String, &'static str>> = RefCell::default();
}

fn node_name(class: &str) -> &'static str {
    let name = format!("{class}Backward");
    NAMES.with_borrow_mut(|names| {
        let leaked = || -> &'static str { Box::leak(name.clone().into_boxed_str()) };
        *names.entry(name.clone()).or_insert_with(leaked)
    })
}

fn new_context(args: &[Value]) -> Value {
    let needs = args
        .iter()
        .map(|v| tensor_of(v).is_some_and(Tensor::requires_grad))
        .collect();
    let context = Context {
        to_save: RefCell::default(),
        saved: RefCell::default(),
        freed: Cell::new(false),
        node: RefCell::default(),
        needs: RefCell::new(needs),
        materialize: Cell::new(true),
        dirty: RefCell::default(),
        non_differentiable: RefCell::default(),
    };
    let payload = Value::from(Ref::new(context));
    Value::from(Instance::with_payload(&context_class(), payload))
}

/// `cls.apply(*args)`
fn apply(caller: &mut dyn Caller, class: &Value, args: &[Value]) -> Result<Value> {
    let context = new_context(args);
    let forward = protocol::get_attr(caller, class, &intern("forward"))?;
    let setup = protocol::find_attr(caller, class, &intern("setup_context"))?;
    let answer = {
        let _guard = GradGuard::new(false);
        match &setup {
            Some(setup) => {
                let answer = caller.call(&forward, Args::positional(args))?;
                let all = [context.clone(), Value::tuple(args.to_vec()), answer.clone()];
                caller.call(setup, Args::positional(&all))?;
                answer
            }
            None => {
                let mut all = Vec::with_capacity(args.len() + 1);
                all.push(context.clone());
                all.extend_from_slice(args);
                caller.call(&forward, Args::positional(&all))?
            }
        }
    };
    let (items, many) = match (answer.get::<Tuple>(), answer.get::<List>()) {
        (Some(tuple), _) => (tuple.items.to_vec(), true),
        (_, Some(list)) => (list.items.borrow().clone(), true),
        _ => (vec![answer.clone()], false),
    };
    let inputs: Vec<Tensor> = args.iter().filter_map(|v| tensor_of(v).cloned()).collect();
    let recording = is_grad_enabled() && inputs.iter().any(Tensor::requires_grad);
    let items = outputs(class, &context, args, &inputs, items, recording)?;
    Ok(if many {
        Value::tuple(items)
    } else {
        items.into_iter().next().unwrap_or(Value::None)
    })
}

/// The outputs with their history.
fn outputs(
    class: &Value,
    context: &Value,
    args: &[Value],
    inputs: &[Tensor],
    mut items: Vec<Value>,
    recording: bool,
) -> Result<Vec<Value>> {
    let state = of(context)?;
    let dirty = state.dirty.borrow().clone();
    // An input that is returned as it is becomes a tensor of its own, unless it was written to.
    for item in &mut items {
        let Some(tensor) = tensor_of(item) else {
            continue;
        };
        let is_input = inputs.iter().any(|input| input.same(tensor));
        if is_input && !dirty.iter().any(|d| d.same(tensor)) {
            *item = tensor_value(tensor.function_view());
        } else if recording
            && let Some(base) = tensor.base()
            && tensor.creation() == Some(Creation::NoGrad)
        {
            tensor.mark_function_view(base);
        }
    }
    let returned = |d: &Tensor| {
        items
            .iter()
            .any(|v| tensor_of(v).is_some_and(|t| t.same(d)))
    };
    if recording && !dirty.iter().all(returned) {
        return Err(runtime_error(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified inplace must all be outputs of the Function.",
        ));
    }
    for tensor in &dirty {
        if recording && tensor.is_leaf() && tensor.requires_grad() && tensor.base().is_none() {
            return Err(runtime_error(
                "a leaf Variable that requires grad has been used in an in-place operation.",
            ));
        }
        check_writable(tensor, recording).or_raise()?;
        tensor.bump_version();
    }
    if !recording {
        return Ok(items);
    }
    // What was written to takes its history over as after any in-place operation.
    let written = |y: &Tensor| dirty.iter().any(|d| d.same(y));
    let ys: Vec<Tensor> = items
        .iter()
        .filter_map(tensor_of)
        .map(|y| if written(y) { y.detach() } else { y.clone() })
        .collect();
    let name = class
        .exact::<Class>()
        .map_or_else(String::new, |c| c.name().to_string());
    let places = (0..args.len())
        .filter(|i| tensor_of(&args[*i]).is_some())
        .collect();
    // Without a `backward`, gradients follow from the rule for tangents.
    let tangents_only = class.exact::<Class>().is_some_and(|class| {
        let own = |name: &str| class.lookup(&intern(name)).is_some_and(|f| !is_native(&f));
        own("jvp") && !own("backward") && !own("vjp")
    });
    let rule = Rule {
        class: class.clone(),
        context: context.clone(),
        places,
        like: match tangents_only {
            true => args.iter().map(blank).collect(),
            false => Vec::new(),
        },
    };
    let node = record_rule(node_name(&name), inputs, &ys, Box::new(rule));
    let results: Vec<&Tensor> = items.iter().filter_map(tensor_of).collect();
    for (y, tensor) in ys.iter().zip(&results) {
        if !y.same(tensor) {
            rebase(tensor, y).or_raise()?;
        }
    }
    for tensor in state.non_differentiable.borrow().iter() {
        tensor.clear_history();
    }
    let saved = state.to_save.take().into_iter().map(|kept| {
        let kept = kept?;
        Some(match results.iter().position(|y| y.same(&kept)) {
            Some(i) => Saved::output(&kept.array(), i as u32),
            None => Saved::input(&kept),
        })
    });
    state.saved.replace(saved.collect());
    state.node.replace(Rc::downgrade(&node));
    Ok(items)
}

fn is_native(function: &Value) -> bool {
    let plain = function.exact::<ClassMethod>().map(|m| &m.function);
    plain.unwrap_or(function).exact::<Native>().is_some()
}

/// A tensor of the form of an argument that is one, with little memory of its own.
fn blank(argument: &Value) -> Value {
    let Some(tensor) = tensor_of(argument) else {
        return Value::None;
    };
    let zero = Array::zeros(&[], tensor.dtype());
    zero.map_or(Value::None, |zero| {
        tensor_value(Tensor::from_array(zero.broadcast(&tensor.shape())))
    })
}

/// The rule of such an operation: the script's `backward`.
struct Rule {
    class: Value,
    context: Value,
    /// Which arguments were tensors.
    places: Vec<usize>,
    /// Tensors like the arguments, `None` for others, where only the rule for tangents is known.
    like: Vec<Value>,
}

impl Rule {
    fn call(&self, node: &Rc<Node>, grads: &[Option<Tensor>]) -> Result<Grads> {
        let context = of(&self.context)?;
        let mut args = vec![self.context.clone()];
        for (grad, meta) in grads.iter().zip(node.outputs()) {
            args.push(match grad {
                Some(grad) => tensor_value(grad.clone()),
                None if context.materialize.get() => {
                    let zeros = Array::zeros(&meta.shape, meta.dtype).or_raise()?;
                    tensor_value(Tensor::from_array(zeros))
                }
                None => Value::None,
            });
        }
        let answer = callback::with_caller(|caller| {
            if !self.like.is_empty() {
                return self.transposed(caller, &args[1..]);
            }
            let backward = match protocol::find_attr(caller, &self.class, &intern("vjp"))? {
                Some(vjp) => vjp,
                None => protocol::get_attr(caller, &self.class, &intern("backward"))?,
            };
            caller.call(&backward, Args::positional(&args))
        })?;
        self.sorted(node, answer)
    }

    /// The gradients from the rule for tangents.
    fn transposed(&self, caller: &mut dyn Caller, grads: &[Value]) -> Result<Value> {
        let Some(transpose) = alias(caller, "torch.autograd.forward_ad", "_transpose")? else {
            return Err(not_implemented_error("jvp"));
        };
        let jvp = protocol::get_attr(caller, &self.class, &intern("jvp"))?;
        let (like, grads) = (self.like.clone(), grads.to_vec());
        let args = [
            jvp,
            self.context.clone(),
            Value::list(like),
            Value::list(grads),
        ];
        caller.call(&transpose, Args::positional(&args))
    }

    /// The gradients of the tensors among the arguments.
    fn sorted(&self, node: &Rc<Node>, answer: Value) -> Result<Grads> {
        let items = match answer.get::<Tuple>() {
            Some(tuple) => tuple.items.to_vec(),
            None => vec![answer],
        };
        let count = of(&self.context)?.needs.borrow().len();
        let extra = items.iter().skip(count).any(|v| !v.is_none());
        if items.len() < count || extra {
            return Err(runtime_error(format!(
                "function {} returned an incorrect number of gradients (expected {count}, got {})",
                node.name(),
                items.len()
            )));
        }
        let stray = |i: &usize| !items[*i].is_none() && !self.places.contains(i);
        if let Some(i) = (0..count).find(stray) {
            return Err(runtime_error(format!(
                "function {} returned a gradient different than None at position {}, but the corresponding forward input was not a Variable",
                node.name(),
                i + 1
            )));
        }
        let mut grads = Grads::new();
        for place in &self.places {
            let item = &items[*place];
            match (item.is_none(), tensor_of(item)) {
                (true, _) => grads.push(None),
                (_, Some(tensor)) => grads.push(Some(tensor.clone())),
                _ => {
                    return Err(runtime_error(format!(
                        "expected Variable or None (got {})",
                        item.class_name()
                    )));
                }
            }
        }
        Ok(grads)
    }
}

impl Backward for Rule {
    fn apply(&self, node: &Rc<Node>, grads: &[Option<Tensor>], _: Needs) -> array::Result<Grads> {
        self.call(node, grads).map_err(carried)
    }

    fn release(&mut self) {
        if let Ok(context) = of(&self.context)
            && !context.saved.borrow().is_empty()
        {
            context.saved.take();
            context.freed.set(true);
        }
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(&self.context)
    }
}
