//! Nodes of the graph as values: `loss.grad_fn`, with a class named after the operation.

use std::cell::RefCell;
use std::rc::Rc;

use super::kept::kept;
use super::pass::{optional_tensors, tensors_value};
use crate::bridge::callback;
use crate::bridge::define::{class_of, def, getter};
use crate::bridge::error::carried;
use crate::bridge::handle::{handle, next_id};
use crate::bridge::tensor::tensor_value;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::foreign::declare_handles;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    AnyRef, Class, Dict, HeapType, Kind, NativeSpec, Ref, Result, Value, attribute_error, intern,
    type_error,
};
use crate::tensor::core::Node;
use crate::tensor::core::node::{Role, next_hook_number};

/// A node on the heap: a handle.
pub(in crate::bridge) struct NodeObject(pub(in crate::bridge) Rc<Node>);

impl HeapType for NodeObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        class_named(self.0.name())
    }
}

class_of! {
    /// `torch.autograd.graph.Node`
    node_class NODE;
}

static NODE: ClassSpec = ClassSpec {
    name: "Node",
    module: "torch.autograd.graph",
    doc: "One step of the history of a tensor.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    solid: true,
    ..ClassSpec::EMPTY
};

thread_local! {
    static CLASSES: RefCell<Vec<(&'static str, Ref<Class>)>> = const { RefCell::new(Vec::new()) };
}

/// The class of all nodes of a name.
fn class_named(name: &'static str) -> Ref<Class> {
    if let Some(known) = CLASSES.with_borrow(|all| {
        let found = all.iter().find(|(n, _)| *n == name);
        found.map(|(_, class)| class.clone())
    }) {
        return known;
    }
    let mut attrs = Table::default();
    attrs.set_name(
        &intern("__module__"),
        Value::from(&intern("torch.autograd")),
    );
    let class = Class::create(NewClass {
        name: intern(name),
        bases: vec![node_class()],
        attrs,
        metaclass: None,
        make: None,
        native: true,
        solid: None,
    })
    .expect("one base always fits");
    CLASSES.with_borrow_mut(|all| all.push((name, class.clone())));
    class
}

/// A node as a value.
pub(in crate::bridge) fn node_value(node: Rc<Node>) -> Value {
    let same =
        |a: &AnyRef, b: &AnyRef| match (a.downcast::<NodeObject>(), b.downcast::<NodeObject>()) {
            (Some(a), Some(b)) => Rc::ptr_eq(&a.0, &b.0),
            _ => false,
        };
    let identity = |object: &AnyRef| match object.downcast::<NodeObject>() {
        Some(node) => Rc::as_ptr(&node.0) as usize,
        None => object.address(),
    };
    declare_handles::<NodeObject>(same, identity);
    Value::from(Ref::new(NodeObject(node)))
}

fn of(value: &Value) -> Result<&Rc<Node>> {
    match value.exact::<NodeObject>() {
        Some(node) => Ok(&node.0),
        None => Err(type_error("descriptor requires a 'Node' object")),
    }
}

/// The script's context object behind a node made by an `autograd.Function`.
fn context(node: &Rc<Node>) -> Option<Value> {
    let Role::Apply(rule) = node.role() else {
        return None;
    };
    let rule = rule.try_borrow().ok()?;
    rule.as_any()?.downcast_ref::<Value>().cloned()
}

fn repr(node: &Rc<Node>) -> String {
    let package = if context(node).is_some() {
        "torch.autograd.function."
    } else {
        ""
    };
    let address = Rc::as_ptr(node) as usize;
    format!("<{package}{} object at {address:#x}>", node.name())
}

fn next_functions(node: &Rc<Node>) -> Value {
    let edges = node.edges();
    let pairs = edges.iter().map(|edge| {
        Value::tuple(match edge {
            Some(edge) => [
                node_value(edge.node.clone()),
                Value::Int(i64::from(edge.output)),
            ],
            None => [Value::None, Value::Int(0)],
        })
    });
    Value::tuple(pairs.collect::<Vec<_>>())
}

/// The dict that scripts may keep things in.
struct Metadata(Ref<Dict>);

pub(super) fn metadata(node: &Rc<Node>) -> Ref<Dict> {
    let known = node
        .extra()
        .and_then(|extra| extra.downcast::<Metadata>().ok());
    match known {
        Some(known) => known.0.clone(),
        None => {
            let dict = Dict::new();
            node.set_extra(Some(Rc::new(Metadata(dict.clone()))));
            dict
        }
    }
}

static METHODS: &[NativeSpec] = &[
    def("name(self)", "The operation's name.", |_, args| {
        // The full name in C++ is what PyTorch gives for leaves.
        Ok(Value::str(match of(&args[0])?.name() {
            "AccumulateGrad" => "torch::autograd::AccumulateGrad",
            "CopyBackwards" => "torch::autograd::CopyBackwards",
            "CopySlices" => "torch::autograd::CopySlices",
            name => name,
        }))
    }),
    def("__repr__(self, /)", "Its text.", |_, args| {
        Ok(Value::str(repr(of(&args[0])?)))
    }),
    def(
        "register_hook(self, fn)",
        "Calls a function after the node.",
        |_, args| {
            let (node, function) = (of(&args[0])?.clone(), args[1].clone());
            let number = next_hook_number();
            node.hooks_mut().post.push((
                number,
                Rc::new(move |inputs, outputs| {
                    let args = [tensors_value(inputs), tensors_value(outputs)];
                    let answer = callback::call(&function, &args)?;
                    optional_tensors(&answer).map_err(carried)
                }),
            ));
            let weak = Rc::downgrade(&node);
            Ok(handle(next_id(), move || {
                if let Some(node) = weak.upgrade() {
                    node.hooks_mut().post.retain(|(n, _)| *n != number);
                }
            }))
        },
    ),
    def(
        "register_prehook(self, fn)",
        "Calls a function before the node.",
        |_, args| {
            let (node, function) = (of(&args[0])?.clone(), args[1].clone());
            let number = next_hook_number();
            node.hooks_mut().pre.push((
                number,
                Rc::new(move |grads| {
                    let answer = callback::call(&function, &[tensors_value(grads)])?;
                    optional_tensors(&answer).map_err(carried)
                }),
            ));
            let weak = Rc::downgrade(&node);
            Ok(handle(next_id(), move || {
                if let Some(node) = weak.upgrade() {
                    node.hooks_mut().pre.retain(|(n, _)| *n != number);
                }
            }))
        },
    ),
    def(
        "__getattr__(self, name, /)",
        "What a function's context holds.",
        |caller, args| {
            let node = of(&args[0])?;
            let name = args[1].as_str().unwrap_or_default();
            if let Some(context) = context(node)
                && let Some(value) =
                    crate::lang::object::protocol::find_attr(caller, &context, &intern(name))?
            {
                return Ok(value);
            }
            if let Some(value) = kept(node, name)? {
                return Ok(value);
            }
            Err(attribute_error(format!(
                "'{}' object has no attribute '{name}'",
                node.name()
            )))
        },
    ),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    getter("next_functions", "The nodes of the inputs.", |_, this| {
        Ok(next_functions(of(this)?))
    }),
    getter(
        "metadata",
        "A dict for whatever a script keeps here.",
        |_, this| Ok(Value::from(metadata(of(this)?))),
    ),
    getter(
        "variable",
        "The leaf that an AccumulateGrad adds to.",
        |_, this| match of(this)?.variable() {
            Some(leaf) => Ok(tensor_value(leaf.clone())),
            None => Err(attribute_error(format!(
                "'{}' object has no attribute 'variable'",
                of(this)?.name()
            ))),
        },
    ),
    getter("_sequence_nr", "When it was made.", |_, this| {
        Ok(Value::Int(of(this)?.sequence() as i64))
    }),
];
