//! Hooks on the gradients of a module: identity nodes around its inputs and outputs that call them.

use std::cell::RefCell;
use std::rc::Rc;

use super::state::{Hook, ModuleState, When};
use crate::bridge::callback;
use crate::bridge::error::{OrRaise, carried};
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::warning;
use crate::lang::object::{List, Result, Tuple, Value, runtime_error};
use crate::tensor::array;
use crate::tensor::core::record::record_rule;
use crate::tensor::core::{Backward, Grads, Needs, Node, Tensor};

/// What the two sides share.
struct Shared {
    module: Value,
    pre: Vec<Hook>,
    hooks: Vec<Hook>,
    /// How many inputs there are, and which of them are tensors that need a gradient.
    inputs: RefCell<(usize, Vec<usize>)>,
    outputs: RefCell<usize>,
    output_places: RefCell<Vec<usize>>,
    grad_outputs: RefCell<Option<Value>>,
}

/// Watches one call of a module that has hooks on gradients.
pub(super) struct Watch(Rc<Shared>);

impl Watch {
    /// Nothing, if there are no such hooks.
    pub(super) fn new(state: &ModuleState, module: &Value) -> Option<Watch> {
        let pre = state.hooks_of_call(When::BackwardPre);
        let mut hooks = state.hooks_of_call(When::Backward);
        hooks.extend(state.hooks_of_call(When::OldBackward));
        if pre.is_empty() && hooks.is_empty() {
            return None;
        }
        Some(Watch(Rc::new(Shared {
            module: module.clone(),
            pre,
            hooks,
            inputs: RefCell::default(),
            outputs: RefCell::default(),
            output_places: RefCell::default(),
            grad_outputs: RefCell::default(),
        })))
    }

    /// Puts a node before the inputs.
    pub(super) fn inputs(&mut self, inputs: &mut [Value]) -> Result<()> {
        let places: Vec<usize> = (0..inputs.len())
            .filter(|i| tensor_of(&inputs[*i]).is_some_and(Tensor::requires_grad))
            .collect();
        self.0.inputs.replace((inputs.len(), places.clone()));
        if places.is_empty() || self.0.hooks.is_empty() {
            return Ok(());
        }
        around(inputs, &places, Side::Inputs(self.0.clone()));
        Ok(())
    }

    /// Puts a node behind the outputs.
    pub(super) fn outputs(self, result: Value) -> Result<Value> {
        let (mut items, kind) = match (result.get::<Tuple>(), result.get::<List>()) {
            (Some(tuple), _) => (tuple.items.to_vec(), 't'),
            (_, Some(list)) => (list.items.borrow().clone(), 'l'),
            _ => (vec![result.clone()], '1'),
        };
        let places: Vec<usize> = (0..items.len())
            .filter(|i| tensor_of(&items[*i]).is_some_and(Tensor::requires_grad))
            .collect();
        if places.is_empty() {
            return Ok(result);
        }
        self.0.outputs.replace(items.len());
        self.0.output_places.replace(places.clone());
        around(&mut items, &places, Side::Outputs(self.0.clone()));
        Ok(match kind {
            't' => Value::tuple(items),
            'l' => Value::list(items),
            _ => items.into_iter().next().unwrap_or(Value::None),
        })
    }
}

/// Replaces the tensors at these places by views with a node of their own.
fn around(values: &mut [Value], places: &[usize], side: Side) {
    let tensors: Vec<Tensor> = places
        .iter()
        .filter_map(|i| tensor_of(&values[*i]).cloned())
        .collect();
    let views: Vec<Tensor> = tensors.iter().map(Tensor::function_view).collect();
    if !crate::tensor::core::is_grad_enabled() {
        return;
    }
    record_rule(
        "BackwardHookFunctionBackward",
        &tensors,
        &views,
        Box::new(side),
    );
    for (place, view) in places.iter().zip(views) {
        values[*place] = tensor_value(view);
    }
}

enum Side {
    Inputs(Rc<Shared>),
    Outputs(Rc<Shared>),
}

impl Backward for Side {
    fn apply(&self, _: &Rc<Node>, grads: &[Option<Tensor>], _: Needs) -> array::Result<Grads> {
        match self {
            Side::Inputs(shared) => shared.at_inputs(grads),
            Side::Outputs(shared) => shared.at_outputs(grads),
        }
        .map_err(carried)
    }
}

/// Values at their places among so many, `None` elsewhere.
fn spread(count: usize, places: &[usize], grads: &[Option<Tensor>]) -> Value {
    let mut all = vec![Value::None; count];
    for (place, grad) in places.iter().zip(grads) {
        all[*place] = grad.clone().map_or(Value::None, tensor_value);
    }
    Value::tuple(all)
}

/// The gradients that a hook gave back, as many as it was given.
fn replaced(answer: Value, count: usize, hook: &str, what: &str) -> Result<Value> {
    let answer = match answer.get::<Tuple>() {
        Some(_) => answer,
        None => Value::tuple([answer]),
    };
    match answer.get::<Tuple>().map_or(1, |t| t.items.len()) {
        given if given != count => Err(runtime_error(format!(
            "{hook} returned an invalid number of {what}, got {given}, but expected {count}"
        ))),
        _ => Ok(answer),
    }
}

/// The other way round.
fn gathered(value: &Value, places: &[usize]) -> Grads {
    let one = [value.clone()];
    let items: &[Value] = value.get::<Tuple>().map_or(&one, |t| &t.items);
    places
        .iter()
        .map(|i| items.get(*i).and_then(tensor_of).cloned())
        .collect()
}

const NO_INPUT: &str = "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook for more details.";

impl Shared {
    fn at_outputs(&self, grads: &[Option<Tensor>]) -> Result<Grads> {
        let places = self.output_places.borrow().clone();
        let mut grad_outputs = spread(*self.outputs.borrow(), &places, grads);
        for hook in &self.pre {
            let args = [self.module.clone(), grad_outputs.clone()];
            let answer = callback::call(&hook.function, &args).or_raise()?;
            if !answer.is_none() {
                let count = *self.outputs.borrow();
                grad_outputs = replaced(answer, count, "Backward pre hook", "grad_output")?;
            }
        }
        self.grad_outputs.replace(Some(grad_outputs.clone()));
        let (count, wanted) = self.inputs.borrow().clone();
        if wanted.is_empty() {
            if self.hooks.iter().any(|hook| hook.when == When::Backward) {
                callback::with_caller(|caller| warning::warn_user(caller, NO_INPUT))?;
            }
            let none = vec![Value::None; count];
            for hook in &self.hooks {
                let args = [
                    self.module.clone(),
                    Value::tuple(none.clone()),
                    grad_outputs.clone(),
                ];
                let answer = callback::call(&hook.function, &args).or_raise()?;
                let replaced = answer
                    .get::<Tuple>()
                    .is_some_and(|t| t.items.iter().any(|v| !v.is_none()));
                if replaced {
                    return Err(runtime_error(
                        "Backward hook for Modules where no input requires gradient should always return None or None for all gradients.",
                    ));
                }
            }
            self.grad_outputs.replace(None);
        }
        Ok(gathered(&grad_outputs, &places))
    }

    fn at_inputs(&self, grads: &[Option<Tensor>]) -> Result<Grads> {
        let (count, places) = self.inputs.borrow().clone();
        let mut grad_inputs = spread(count, &places, grads);
        let Some(grad_outputs) = self.grad_outputs.take() else {
            return Err(runtime_error(format!(
                "Module backward hook for grad_input is called before the grad_output one. This happens because the gradient in your nn.Module flows to the Module's input without passing through the Module's output. Make sure that the output depends on the input and that the loss is computed based on the output. (in {})",
                self.module.class_name()
            )));
        };
        for hook in &self.hooks {
            let args = [
                self.module.clone(),
                grad_inputs.clone(),
                grad_outputs.clone(),
            ];
            let answer = callback::call(&hook.function, &args).or_raise()?;
            if !answer.is_none() {
                grad_inputs = replaced(answer, count, "Backward hook", "grad_input")?;
            }
        }
        Ok(gathered(&grad_inputs, &places))
    }
}
