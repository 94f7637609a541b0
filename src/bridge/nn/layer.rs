//! Classes for the layers of the tensor wing, made from their specs when they are first asked for.

use std::cell::RefCell;

use smallvec::SmallVec;

use super::attributes::parametrization;
use super::common_hooks::registered;
use super::module::{add_raw, make, module_class, start};
use super::state::{ModuleState, When, expect_state, instance_of};
use crate::bridge::callback::{self, lend};
use crate::bridge::convert::{arg_value, out_value, plain_arg, to_arg, to_args};
use crate::bridge::error::{OrRaise, raised};
use crate::bridge::names::NN_HOMES;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::warning;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, Instance, Native, Ref, Result, Value, intern, protocol,
    type_error,
};
use crate::tensor::array::{self, DType, Error, ErrorKind};
use crate::tensor::core::Tensor;
use crate::tensor::core::generator::default_generator;
use crate::tensor::layers::spec::Entry;
use crate::tensor::layers::{self, Field, State};
use crate::tensor::ops::{Arg, autocast};

/// Abstract classes that stand between a layer and `Module`, with their own bases.
const ABSTRACT: &[(&str, &str)] = &[
    ("_BatchNorm", "_NormBase"),
    ("_ConvTransposeNd", "_ConvNd"),
    ("_InstanceNorm", "_NormBase"),
    ("_WeightedLoss", "_Loss"),
];

thread_local! {
    static CLASSES: RefCell<Vec<(&'static str, Ref<Class>)>> = const { RefCell::new(Vec::new()) };
}

/// The names of all layers.
pub(in crate::bridge) fn layer_names() -> impl Iterator<Item = &'static str> {
    layers::all().iter().map(|entry| entry.layer.name())
}

/// The class of a layer, or of an abstract base of layers.
pub(super) fn layer_class(name: &str) -> Option<Ref<Class>> {
    if let Some(known) = CLASSES.with_borrow(|all| {
        let found = all.iter().find(|(n, _)| *n == name);
        found.map(|(_, class)| class.clone())
    }) {
        return Some(known);
    }
    let (name, class) = match layers::find(name) {
        Some(entry) => (entry.layer.name(), new_class(entry)),
        None => {
            let is_base = |entry: &&Entry| entry.layer.base == name;
            let known = ABSTRACT.iter().find(|(n, _)| *n == name).map(|(n, _)| *n);
            let used = layers::all().iter().find(is_base).map(|e| e.layer.base);
            let by_base = ABSTRACT.iter().find(|(_, b)| *b == name).map(|(_, b)| *b);
            let name = known.or(used).or(by_base).filter(|n| *n != "Module")?;
            (name, abstract_class(name))
        }
    };
    CLASSES.with_borrow_mut(|all| all.push((name, class.clone())));
    Some(class)
}

/// The name of the module in which PyTorch defines a class.
fn home(name: &str) -> String {
    let mut lines = NN_HOMES
        .get()
        .lines()
        .filter_map(|line| line.split_once(' '));
    match lines.find(|(class, _)| *class == name) {
        Some((_, home)) => format!("torch.nn.modules.{home}"),
        None => "torch.nn.modules".to_string(),
    }
}

fn base_named(name: &str) -> Ref<Class> {
    match name {
        "Module" => module_class(),
        name => layer_class(name).unwrap_or_else(module_class),
    }
}

fn create(name: &str, base: Ref<Class>, doc: &str) -> Ref<Class> {
    let mut attrs = Table::default();
    attrs.set_name(&intern("__module__"), Value::str(home(name)));
    attrs.set_name(&intern("__doc__"), Value::str(doc));
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
    class
}

fn abstract_class(name: &'static str) -> Ref<Class> {
    let base = ABSTRACT
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("Module", |(_, base)| *base);
    let class = create(name, base_named(base), "");
    if name == "_Loss" {
        let signature = "__init__(self, size_average=None, reduce=None, reduction='mean')";
        add_raw(&class, "__init__", signature, "", |_, args| init_loss(args));
        class.touch();
    }
    class
}

/// `_Loss.__init__`, which losses of the script's own call.
fn init_loss(args: Args) -> Result<Value> {
    let this = receiver(args)?;
    start(expect_state(this)?);
    let reduction = args
        .positional
        .get(3)
        .or_else(|| args.keyword("reduction"))
        .cloned()
        .unwrap_or_else(|| Value::str("mean"));
    instance_of(this)?.set(&intern("reduction"), reduction);
    Ok(Value::None)
}

fn receiver<'a>(args: Args<'a>) -> Result<&'a Value> {
    match args.positional.first() {
        Some(this) => Ok(this),
        None => Err(type_error("unbound method needs an argument")),
    }
}

/// The signature of a method, from that of what it does for an instance.
pub(in crate::bridge) fn method_signature(name: &str, signature: &str) -> String {
    let start = signature.find('(').map_or(signature.len(), |i| i + 1);
    match &signature[start..] {
        rest if rest.starts_with(')') => format!("{name}(self{rest}"),
        rest => format!("{name}(self, {rest}"),
    }
}

fn new_class(entry: &'static Entry) -> Ref<Class> {
    let layer = entry.layer;
    let class = create(layer.name(), base_named(layer.base), layer.doc);
    let init_signature = method_signature("__init__", layer.signature);
    add_raw(
        &class,
        "__init__",
        &init_signature,
        layer.doc,
        move |caller, args| init(caller, entry, args),
    );
    add_raw(
        &class,
        "forward",
        &method_signature("forward", layer.forward_signature),
        "",
        move |caller, args| forward(caller, entry, args),
    );
    add_raw(
        &class,
        "extra_repr",
        "extra_repr(self)",
        "",
        move |caller, args| {
            let view = View::of(receiver(args)?)?;
            let text = lend(caller, || (entry.layer.extra_repr)(&view));
            text.map(Value::str).or_raise()
        },
    );
    if let Some(reset) = layer.reset_parameters {
        add_raw(
            &class,
            "reset_parameters",
            "reset_parameters(self)",
            "",
            move |caller, args| {
                let view = View::of(receiver(args)?)?;
                lend(caller, || reset(&view)).or_raise()?;
                Ok(Value::None)
            },
        );
    }
    match layer.name() {
        "Embedding" | "EmbeddingBag" => add_from_pretrained(&class),
        "GRU" | "LSTM" | "RNN" => {
            add_raw(
                &class,
                "flatten_parameters",
                "flatten_parameters(self)",
                "",
                |_, _| Ok(Value::None),
            );
        }
        name if name.starts_with("BatchNorm") => {
            class
                .attrs
                .borrow_mut()
                .set_name(&intern("_version"), Value::Int(2));
        }
        _ => {}
    }
    class.touch();
    class
}

fn named_args(caller: &mut dyn Caller, args: Args) -> Result<SmallVec<[(String, Arg); 4]>> {
    let mut named = SmallVec::new();
    for (name, value) in args.keywords {
        named.push((name.as_str().to_string(), to_arg(caller, value)?));
    }
    Ok(named)
}

fn init(caller: &mut dyn Caller, entry: &'static Entry, args: Args) -> Result<Value> {
    let this = receiver(args)?;
    let state = expect_state(this)?;
    start(state);
    let positional = to_args(caller, &args.positional[1..])?;
    let named = named_args(caller, args)?;
    // A class of the script may draw its parameters itself; what is drawn here is taken back then.
    let own_reset = entry.layer.reset_parameters.is_some()
        && args.keyword("_weight").is_none_or(Value::is_none)
        && this
            .with_class(|class| class.lookup(&intern("reset_parameters")))
            .is_some_and(|found| found.exact::<Native>().is_none());
    let drawn = own_reset.then(|| default_generator().state());
    let fields = entry.init(positional, named).map_err(raised)?;
    let instance = instance_of(this)?;
    for (name, field) in fields {
        let name = intern(name);
        match field {
            Field::Attr(value) => instance.set(&name, arg_value(value)),
            Field::Parameter(value) => {
                let value = value.map_or(Value::None, tensor_value);
                let value = registered(caller, When::Parameter, this, &name, value)?;
                state.parameters().set_name(&name, value);
            }
            Field::Buffer { value, persistent } => {
                let value = value.map_or(Value::None, tensor_value);
                let value = registered(caller, When::Buffer, this, &name, value)?;
                state.buffers().set_name(&name, value);
                super::attributes::keep_transient(state, &name, persistent);
            }
        }
    }
    warning::show_pending(caller)?;
    if let Some(state) = drawn {
        default_generator().set_state(&state);
        protocol::call_method(caller, this, "reset_parameters", &[])?;
    }
    Ok(Value::None)
}

fn forward(caller: &mut dyn Caller, entry: &'static Entry, args: Args) -> Result<Value> {
    let mut view = View::of(receiver(args)?)?;
    let mut positional = to_args(caller, &args.positional[1..])?;
    view.precision = autocast::target(entry.layer.name());
    if let Some(dtype) = view.precision {
        for arg in &mut positional {
            *arg = autocast::cast_arg(arg.clone(), dtype).or_raise()?;
        }
    }
    let named = if args.keywords.is_empty() {
        SmallVec::new()
    } else {
        named_args(caller, args)?
    };
    let out = lend(caller, || entry.forward(&view, positional, named));
    let out = out.map_err(|error| raised(function_words(entry, error)))?;
    warning::show_pending(caller)?;
    Ok(out_value(out))
}

/// The refusal of an argument names the function behind the layer, as in PyTorch.
#[cold]
fn function_words(entry: &Entry, error: Error) -> Error {
    let rest = error.message().strip_prefix("forward(): argument '");
    let Some((name, rest)) = rest.and_then(|rest| rest.split_once("' (position ")) else {
        return error;
    };
    let Some((place, rest)) = rest.split_once(')') else {
        return error;
    };
    let place = place.parse::<usize>().map_or(1, |place| place + 1);
    let layer = entry.layer.name().to_lowercase();
    let mut functions = crate::bridge::names::FUNCTIONAL.all();
    let function = functions.find(|f| f.replace('_', "") == layer);
    let function = function.unwrap_or("forward");
    Error::type_(format!(
        "{function}(): argument '{name}' (position {place}){rest}"
    ))
}

/// A module as its layer sees it.
struct View<'a> {
    this: &'a Value,
    instance: &'a Instance,
    state: &'a ModuleState,
    /// The dtype that automatic mixed precision has the layer run in.
    precision: Option<DType>,
}

impl<'a> View<'a> {
    fn of(this: &'a Value) -> Result<View<'a>> {
        Ok(View {
            this,
            instance: instance_of(this)?,
            state: expect_state(this)?,
            precision: None,
        })
    }
}

impl State for View<'_> {
    fn get(&self, name: &str) -> array::Result<Arg> {
        let interned = intern(name);
        let found = self
            .instance
            .get(&interned)
            .or_else(|| self.state.find(&interned))
            .or_else(|| self.instance.class().lookup(&interned));
        match found {
            Some(value) => Ok(plain_arg(&value)),
            None => Err(Error::new(
                ErrorKind::Attribute,
                format!(
                    "'{}' object has no attribute '{name}'",
                    self.this.class_name()
                ),
            )),
        }
    }

    fn tensor(&self, name: &str) -> array::Result<Option<Tensor>> {
        let parameters = self.state.parameters.borrow();
        let found = parameters
            .get_str(name)
            .or_else(|| self.state.buffers.borrow().get_str(name))
            .or_else(|| self.instance.get(&intern(name)));
        drop(parameters);
        let found = match found {
            Some(found) => Some(found),
            None => match parametrization(self.state, &intern(name)) {
                Some(compute) => Some(callback::call(&compute, &[])?),
                None => None,
            },
        };
        match found {
            Some(Value::None) => Ok(None),
            Some(value) => match (tensor_of(&value), self.precision) {
                (Some(tensor), Some(dtype)) => autocast::cast(tensor, dtype).map(Some),
                (Some(tensor), None) => Ok(Some(tensor.clone())),
                (None, _) => Err(Error::type_(format!(
                    "argument '{name}' must be Tensor, not {}",
                    value.class_name()
                ))),
            },
            None => Err(Error::new(
                ErrorKind::Attribute,
                format!(
                    "'{}' object has no attribute '{name}'",
                    self.this.class_name()
                ),
            )),
        }
    }

    fn set_tensor(&self, name: &str, value: Tensor) -> array::Result<()> {
        let interned = intern(name);
        let value = tensor_value(value);
        let parameters = self.state.parameters();
        if parameters.get_name(&interned).is_some() {
            parameters.set_name(&interned, value);
        } else if self.state.buffers().get_name(&interned).is_some() {
            self.state.buffers().set_name(&interned, value);
        } else {
            self.instance.set(&interned, value);
        }
        Ok(())
    }

    fn training(&self) -> bool {
        self.state.training.get()
    }
}

/// `Embedding.from_pretrained(embeddings, freeze=True, ...)`
fn add_from_pretrained(class: &Ref<Class>) {
    let make = |caller: &mut dyn Caller, args: Args| {
        let Some(class) = args.positional.first() else {
            return Err(type_error("from_pretrained() needs a class"));
        };
        let weight = args
            .positional
            .get(1)
            .or_else(|| args.keyword("embeddings"));
        let Some(tensor) = weight.and_then(tensor_of).cloned() else {
            return Err(type_error("embeddings must be a Tensor"));
        };
        let shape = tensor.shape();
        if shape.len() != 2 {
            return Err(crate::lang::object::Raised::new(
                crate::lang::object::Exc::AssertionError,
                "Embeddings parameter is expected to be 2-dimensional",
            ));
        }
        let freeze = args.positional.get(2).or_else(|| args.keyword("freeze"));
        let freeze = match freeze {
            Some(value) => protocol::truth(caller, value)?,
            None => true,
        };
        let parameter = tensor.detach();
        parameter.set_parameter(true);
        parameter.set_requires_grad(!freeze).or_raise()?;
        let rest = args
            .keywords
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "embeddings" | "freeze"));
        let mut keywords: Vec<_> = rest.cloned().collect();
        keywords.push((intern("_weight"), tensor_value(parameter.clone())));
        let sizes = [Value::from(shape[0]), Value::from(shape[1])];
        let made = caller.call(
            class,
            Args {
                positional: &sizes,
                keywords: &keywords,
            },
        )?;
        expect_state(&made)?
            .parameters()
            .set_str("weight", tensor_value(parameter));
        Ok(made)
    };
    let name = intern("from_pretrained");
    let native = Native::raw(
        name.clone(),
        "A layer with the given vectors.",
        Some(
            "from_pretrained(cls, embeddings, freeze=True, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)",
        ),
        true,
        std::rc::Rc::new(make),
    );
    let method = ClassMethod {
        function: Value::from(native),
    };
    class
        .attrs
        .borrow_mut()
        .set_name(&name, Value::from(Ref::new(method)));
}
