//! The walk from results back to leaves (`torch/csrc/autograd/engine.cpp`).

use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Error, ErrorKind, Result, Scalar};
use crate::tensor::core::mode::GradGuard;
use crate::tensor::core::node::{Edge, Grads, Needs, Node, Role};
use crate::tensor::core::rederive::provide;
use crate::tensor::core::{Tensor, is_grad_enabled, watch};
use crate::tensor::ops::{add, add_, imag, mul, ones_like, real, sum_to, to_dtype, zeros_like};

/// Hashes addresses: one multiplication is enough.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("addresses are hashed as usize")
    }
    fn write_usize(&mut self, address: usize) {
        self.0 = (address as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

type ByAddress<V> = HashMap<usize, V, BuildHasherDefault<AddressHasher>>;
type Addresses = HashSet<usize, BuildHasherDefault<AddressHasher>>;

fn address(node: &Rc<Node>) -> usize {
    Rc::as_ptr(node) as usize
}

/// What is known of a node during one pass.
struct Pending {
    /// How many gradients are still to come.
    waiting: usize,
    /// The gradients of its outputs so far.
    grads: Grads,
}

/// A node that got all its gradients; later ones first.
struct Ready(Rc<Node>, Grads);

impl PartialEq for Ready {
    fn eq(&self, other: &Ready) -> bool {
        self.0.sequence() == other.0.sequence()
    }
}
impl Eq for Ready {}
impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Ready) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ready {
    fn cmp(&self, other: &Ready) -> std::cmp::Ordering {
        self.0.sequence().cmp(&other.0.sequence())
    }
}

/// Where gradients are wanted instead of being accumulated: a node's output, and the place in the answer.
struct Captures {
    places: Vec<(usize, u32, usize)>,
    /// Nodes that have to run for that.
    needed: Addresses,
    found: Vec<Option<Tensor>>,
    /// Whether leaves among the captures also accumulate (`backward(inputs=...)`).
    accumulate: bool,
    /// The nodes of the places: a leaf's own is held by nobody else where the leaf itself is differentiated.
    _held: Vec<Rc<Node>>,
}

struct Pass {
    pending: ByAddress<Pending>,
    ready: BinaryHeap<Ready>,
    keep_graph: bool,
    create_graph: bool,
    captures: Option<Captures>,
}

impl Pass {
    /// Counts how many gradients each node will get.
    fn count(&mut self, roots: &[Edge]) {
        let mut stack: Vec<Rc<Node>> = Vec::new();
        for root in roots {
            if let Entry::Vacant(v) = self.pending.entry(address(&root.node)) {
                v.insert(Pending {
                    waiting: 0,
                    grads: Grads::new(),
                });
                stack.push(root.node.clone());
            }
        }
        while let Some(node) = stack.pop() {
            for edge in node.edges().iter().flatten() {
                match self.pending.entry(address(&edge.node)) {
                    Entry::Occupied(mut o) => o.get_mut().waiting += 1,
                    Entry::Vacant(v) => {
                        v.insert(Pending {
                            waiting: 1,
                            grads: Grads::new(),
                        });
                        stack.push(edge.node.clone());
                    }
                }
            }
        }
    }

    /// Takes in a gradient; `arrived` counts it as one of those waited for.
    fn deliver(&mut self, edge: &Edge, grad: Option<Tensor>, arrived: bool) -> Result<()> {
        let pending = self
            .pending
            .get_mut(&address(&edge.node))
            .expect("every reachable node was counted");
        if let Some(grad) = grad {
            accumulate(&mut pending.grads, edge.output as usize, grad)?;
        }
        if arrived {
            pending.waiting -= 1;
        }
        if pending.waiting == 0 {
            let mut grads = std::mem::take(&mut pending.grads);
            let outputs = edge.node.outputs().len();
            if grads.len() < outputs {
                grads.resize(outputs, None);
            }
            self.ready.push(Ready(edge.node.clone(), grads));
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        while let Some(Ready(node, mut grads)) = self.ready.pop() {
            before(&node, &mut grads)?;
            let mut runs = true;
            if let Some(captures) = &mut self.captures {
                let here = address(&node);
                for (_, output, place) in captures.places.iter().filter(|(n, ..)| *n == here) {
                    captures.found[*place] = grads[*output as usize].clone();
                }
                runs = captures.needed.contains(&here);
            }
            let skips =
                node.variable().is_some() && self.captures.as_ref().is_some_and(|c| !c.accumulate);
            if !runs || skips {
                self.pass_nothing(&node)?;
                continue;
            }
            match node.role() {
                Role::Accumulate(leaf) => {
                    if let Some(grad) = grads.pop().flatten() {
                        accumulate_leaf(leaf, grad)?;
                    }
                }
                Role::Apply(_) => self.apply(&node, grads)?,
            }
        }
        Ok(())
    }

    /// A node that does not run still counts for those behind it.
    fn pass_nothing(&mut self, node: &Rc<Node>) -> Result<()> {
        let edges = node.edges().clone();
        for edge in edges.iter().flatten() {
            self.deliver(edge, None, true)?;
        }
        Ok(())
    }

    fn apply(&mut self, node: &Rc<Node>, grads: Grads) -> Result<()> {
        let edges = node.edges().clone();
        let wanted = |edge: &Option<Edge>| {
            edge.as_ref().is_some_and(|e| match &self.captures {
                None => true,
                Some(c) => {
                    c.needed.contains(&address(&e.node))
                        || c.places.iter().any(|(n, ..)| *n == address(&e.node))
                }
            })
        };
        let needs = Needs::new(edges.iter().map(wanted));
        let Role::Apply(rule) = node.role() else {
            return Ok(());
        };
        let mut applied = rule.borrow().apply(node, &grads, needs);
        if applied
            .as_ref()
            .is_err_and(|e| e.kind() == ErrorKind::Refused)
        {
            let again = |grads: &Grads| rule.borrow().apply(node, grads, needs);
            applied = if grads.iter().flatten().any(|g| g.dtype().is_complex()) {
                by_parts(&grads, again)
            } else {
                again(&widened(&grads)?)
            };
        }
        let mut results = match applied {
            Ok(results) => results,
            Err(error) => {
                watch::node_failed(node);
                return Err(error);
            }
        };
        ensure!(
            results.len() >= edges.len(),
            "Function {} returned an invalid number of gradients - expected {}, but got {}",
            node.name(),
            edges.len(),
            results.len()
        );
        for (i, (edge, grad)) in edges.iter().zip(&mut results).enumerate() {
            if let (Some(edge), Some(g)) = (edge, grad.as_ref()) {
                let fitted = fit(node, edge, g, i)?;
                *grad = fitted.or_else(|| grad.take());
            }
        }
        if watch::anomaly().check_nan {
            check_numbers(node, &results)?;
        }
        after(node, &mut results, &grads)?;
        drop(grads);
        if !self.keep_graph {
            node.release();
        }
        for (edge, grad) in edges.iter().zip(results) {
            if let Some(edge) = edge {
                self.deliver(edge, grad, true)?;
            }
        }
        Ok(())
    }
}

/// Rules are linear in the gradient: those whose kernels know no complex numbers are given the real and the imaginary part.
#[cold]
fn by_parts(grads: &Grads, rule: impl Fn(&Grads) -> Result<Grads>) -> Result<Grads> {
    let part = |which: usize| -> Result<Grads> {
        let one = |g: &Option<Tensor>| match (g, which) {
            (Some(g), 0) => real(g).map(Some),
            (Some(g), _) if g.dtype().is_complex() => imag(g).map(Some),
            (Some(g), _) => zeros_like(g).map(Some),
            (None, _) => Ok(None),
        };
        rule(&grads.iter().map(one).collect::<Result<_>>()?)
    };
    let (first, second) = (part(0)?, part(1)?);
    let joined = |(re, im): (Option<Tensor>, Option<Tensor>)| match (re, im) {
        (Some(re), Some(im)) => add(&re, &mul(&im, Scalar::Complex(0.0, 1.0))?).map(Some),
        (one, other) => Ok(one.or(other)),
    };
    first.into_iter().zip(second).map(joined).collect()
}

/// Gradients of 16 bits in float32, for rules whose kernels know no others; what they give is converted back.
#[cold]
fn widened(grads: &Grads) -> Result<Grads> {
    let wide = |g: &Option<Tensor>| g.as_ref().map(|g| to_dtype(g, DType::Float32)).transpose();
    grads.iter().map(wide).collect()
}

/// In anomaly mode, gradients that are not numbers are errors.
#[cold]
fn check_numbers(node: &Rc<Node>, grads: &Grads) -> Result<()> {
    for (i, grad) in grads.iter().enumerate() {
        let Some(grad) = grad.as_ref().filter(|g| g.dtype().is_floating_point()) else {
            continue;
        };
        if grad.to_vec::<f64>()?.iter().any(|x| x.is_nan()) {
            watch::node_failed(node);
            bail!(
                "Function '{}' returned nan values in its {i}th output.",
                node.name()
            );
        }
    }
    Ok(())
}

/// Checks a gradient against the input it is for: sums it down to a broadcast shape, converts its dtype.
fn fit(node: &Rc<Node>, edge: &Edge, grad: &Tensor, i: usize) -> Result<Option<Tensor>> {
    let meta = &edge.node.outputs()[edge.output as usize];
    let (same_shape, same_dtype) = {
        let a = grad.array();
        (a.shape() == meta.shape.as_slice(), a.dtype() == meta.dtype)
    };
    if same_shape && same_dtype {
        return Ok(None);
    }
    let mut out = grad.clone();
    if !same_shape {
        let shape = grad.shape();
        let fits = grad.array().layout().ndim() >= meta.shape.len()
            && crate::tensor::array::layout::broadcast_shapes(&meta.shape, &shape)
                .is_ok_and(|s| s == shape);
        ensure!(
            fits,
            "Function {} returned an invalid gradient at index {i} - got {} but expected shape compatible with {}",
            node.name(),
            show(&shape),
            show(&meta.shape)
        );
        out = sum_to(&out, &meta.shape)?;
    }
    if !same_dtype {
        out = to_dtype(&out, meta.dtype)?;
    }
    Ok(Some(out))
}

fn accumulate(grads: &mut Grads, i: usize, grad: Tensor) -> Result<()> {
    if grads.len() <= i {
        grads.resize(i + 1, None);
    }
    grads[i] = Some(match grads[i].take() {
        None => grad,
        Some(old) if !is_grad_enabled() && is_sole(&old) => {
            add_(&old, &grad, 1i64.into())?;
            old
        }
        Some(old) => add(&old, &grad)?,
    });
    Ok(())
}

/// Whether nobody else can see this tensor's memory.
fn is_sole(x: &Tensor) -> bool {
    let array = x.array();
    x.handles() == 1 && array.storage().shares() == 1 && array.layout().is_dense()
}

/// Runs the hooks before a node: those on tensors, retained gradients, then those on the node.
fn before(node: &Rc<Node>, grads: &mut Grads) -> Result<()> {
    if let Some(leaf) = node.variable() {
        for hook in leaf.leaf_hooks() {
            if let Some(g) = &grads[0]
                && let Some(new) = hook(g)?
            {
                grads[0] = Some(new);
            }
        }
    }
    let (tensor, retain, pre) = match node.hooks().as_ref() {
        None => return Ok(()),
        Some(h) => {
            let retain: Vec<_> = h
                .retain
                .iter()
                .filter_map(|(o, t)| Some((*o as usize, t.upgrade()?)))
                .collect();
            (h.tensor.clone(), retain, h.pre.clone())
        }
    };
    for (_, output, hook) in tensor {
        if let Some(g) = &grads[output as usize]
            && let Some(new) = hook(g)?
        {
            grads[output as usize] = Some(new);
        }
    }
    for (output, x) in retain {
        if let Some(g) = &grads[output] {
            let total = match x.grad() {
                None => g.clone(),
                Some(old) => add(&old, g)?,
            };
            x.set_grad(Some(total));
        }
    }
    for (_, hook) in pre {
        if let Some(new) = hook(grads)? {
            *grads = new.into();
        }
    }
    Ok(())
}

fn after(node: &Rc<Node>, results: &mut Grads, grads: &Grads) -> Result<()> {
    let post = match node.hooks().as_ref() {
        None => return Ok(()),
        Some(h) => h.post.clone(),
    };
    for (_, hook) in post {
        if let Some(new) = hook(results, grads)? {
            *results = new.into();
        }
    }
    Ok(())
}

/// `AccumulateGrad`: takes the gradient over if nobody else holds it, else copies; adds in place unless recording.
fn accumulate_leaf(leaf: &Tensor, grad: Tensor) -> Result<()> {
    match leaf.grad() {
        None if is_grad_enabled() => {
            // While recording PyTorch always copies here, and `grad_fn` shows it.
            let zeros = crate::tensor::array::Array::zeros(&grad.shape(), grad.dtype())?;
            let taken = Tensor::from_array(zeros);
            crate::tensor::ops::copy_(&taken, &grad)?;
            leaf.set_grad(Some(taken));
        }
        None => {
            let same_order = grad.array().layout().strides == leaf.array().layout().strides
                || grad.array().is_contiguous() && leaf.array().is_contiguous();
            let taken = if is_sole(&grad) && same_order {
                grad.detach()
            } else {
                let copy = crate::tensor::array::Array::zeros(&grad.shape(), grad.dtype())?;
                let target = if leaf.array().layout().is_dense() {
                    let mut layout = leaf.array().layout().clone();
                    layout.offset = 0;
                    copy.with_layout(layout)
                } else {
                    copy
                };
                target.assign(&grad.array())?;
                Tensor::from_array(target)
            };
            leaf.set_grad(Some(taken));
        }
        Some(old) if is_grad_enabled() => leaf.set_grad(Some(add(&old, &grad)?)),
        Some(old) => {
            add_(&old, &grad, 1i64.into())?;
        }
    }
    for hook in leaf.post_accumulate_hooks() {
        hook(leaf)?;
    }
    Ok(())
}

/// The leaves that require a gradient and that these tensors were computed from, each once.
pub fn leaves(outputs: &[Tensor]) -> Vec<Tensor> {
    let mut seen = Addresses::default();
    let mut found = Vec::new();
    let roots = outputs.iter().filter_map(Tensor::gradient_edge);
    let mut stack: Vec<Rc<Node>> = roots.map(|edge| edge.node).collect();
    while let Some(node) = stack.pop() {
        if !seen.insert(address(&node)) {
            continue;
        }
        found.extend(node.variable().cloned());
        stack.extend(node.edges().iter().flatten().map(|edge| edge.node.clone()));
    }
    found
}

fn root_edges(outputs: &[Tensor]) -> Result<Vec<Edge>> {
    let edge = |(i, t): (usize, &Tensor)| {
        t.gradient_edge().ok_or_else(|| {
            Error::runtime(format!(
                "element {i} of tensors does not require grad and does not have a grad_fn"
            ))
        })
    };
    outputs.iter().enumerate().map(edge).collect()
}

fn seeds(outputs: &[Tensor], grads: &[Option<Tensor>]) -> Result<Vec<Tensor>> {
    let mut out = Vec::with_capacity(outputs.len());
    for (i, y) in outputs.iter().enumerate() {
        match grads.get(i).cloned().flatten() {
            Some(g) => {
                ensure!(
                    g.shape() == y.shape(),
                    "Mismatch in shape: grad_output[{i}] has a shape of torch.Size({}) and output[{i}] has a shape of torch.Size({}).",
                    show(&g.shape()),
                    show(&y.shape())
                );
                out.push(if g.dtype() == y.dtype() {
                    g
                } else {
                    to_dtype(&g, y.dtype())?
                });
            }
            None if y.requires_grad() => {
                ensure!(
                    y.numel() == 1,
                    "grad can be implicitly created only for scalar outputs"
                );
                ensure!(
                    !y.dtype().is_complex(),
                    "grad can be implicitly created only for real scalar outputs but got torch.{}",
                    y.dtype().name()
                );
                out.push(ones_like(y)?);
            }
            None => {
                bail!("element {i} of tensors does not require grad and does not have a grad_fn")
            }
        }
    }
    Ok(out)
}

thread_local! {
    static PASSES: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    static ACCUMULATES: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
}

/// Whether the pass that runs adds to the `.grad` of all leaves.
pub fn pass_accumulates() -> bool {
    ACCUMULATES.get()
}

/// How many passes were begun.
pub fn pass_number() -> i64 {
    PASSES.get()
}

fn execute(outputs: &[Tensor], grads: &[Option<Tensor>], pass: Pass) -> Result<Pass> {
    let grads = seeds(outputs, grads)?;
    let roots = root_edges(outputs)?;
    let mut pass = pass;
    PASSES.set(PASSES.get() + 1);
    provide(grad);
    let _mode = GradGuard::new(pass.create_graph);
    pass.count(&roots);
    // Roots may lie behind one another: each counts as one more gradient to wait for.
    for root in &roots {
        pass.pending
            .get_mut(&address(&root.node))
            .expect("just counted")
            .waiting += 1;
    }
    for (root, grad) in roots.iter().zip(grads) {
        pass.deliver(root, Some(grad), true)?;
    }
    let outer = ACCUMULATES.replace(pass.captures.is_none());
    let done = pass.run();
    ACCUMULATES.set(outer);
    done.map(|_| pass)
}

fn pass(keep_graph: bool, create_graph: bool, captures: Option<Captures>) -> Pass {
    Pass {
        pending: ByAddress::default(),
        ready: BinaryHeap::new(),
        keep_graph,
        create_graph,
        captures,
    }
}

/// `y.backward()`
pub fn backward(y: &Tensor) -> Result<()> {
    backward_many(std::slice::from_ref(y), &[None], None, false, None)
}

/// `torch.autograd.backward(tensors, grad_tensors, retain_graph, create_graph, inputs)`
pub fn backward_many(
    outputs: &[Tensor],
    grads: &[Option<Tensor>],
    retain_graph: Option<bool>,
    create_graph: bool,
    inputs: Option<&[Tensor]>,
) -> Result<()> {
    let keep = retain_graph.unwrap_or(create_graph);
    let Some(inputs) = inputs else {
        return execute(outputs, grads, pass(keep, create_graph, None)).map(drop);
    };
    ensure!(
        !inputs.is_empty(),
        "`inputs` argument to `backward()` cannot be empty."
    );
    let captures = captures(outputs, inputs, true)?;
    let done = execute(outputs, grads, pass(keep, create_graph, Some(captures)))?;
    // Leaves were accumulated on the way; inputs inside the graph are accumulated here.
    for (x, found) in inputs
        .iter()
        .zip(done.captures.map(|c| c.found).unwrap_or_default())
    {
        if let (Some(g), false) = (found, x.is_leaf()) {
            let _mode = GradGuard::new(create_graph);
            let total = x.grad().map_or(Ok(g.clone()), |old| add(&old, &g))?;
            x.set_grad(Some(total));
        }
    }
    Ok(())
}

/// `torch.autograd.grad`
pub fn grad(
    outputs: &[Tensor],
    inputs: &[Tensor],
    grads: &[Option<Tensor>],
    retain_graph: bool,
    create_graph: bool,
    allow_unused: bool,
) -> Result<Vec<Option<Tensor>>> {
    for x in inputs {
        ensure!(
            x.requires_grad(),
            "One of the differentiated Tensors does not require grad"
        );
    }
    let captures = captures(outputs, inputs, false)?;
    let done = execute(
        outputs,
        grads,
        pass(retain_graph, create_graph, Some(captures)),
    )?;
    let found = done.captures.map(|c| c.found).unwrap_or_default();
    for (i, g) in found.iter().enumerate() {
        if g.is_none() && !allow_unused {
            bail!(
                "{} appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.",
                if crate::tensor::core::level::level() == 1 {
                    "One of the differentiated Tensors".into()
                } else {
                    format!("The differentiated Tensor at index {i}")
                }
            );
        }
    }
    Ok(found)
}

/// Which nodes lie on a way from the outputs to the inputs.
fn captures(outputs: &[Tensor], inputs: &[Tensor], accumulate: bool) -> Result<Captures> {
    let mut places = Vec::new();
    let mut needed = Addresses::default();
    let mut held = Vec::new();
    for (i, x) in inputs.iter().enumerate() {
        if let Some(edge) = x.gradient_edge() {
            places.push((address(&edge.node), edge.output, i));
            if accumulate && x.is_leaf() {
                needed.insert(address(&edge.node));
            }
            held.push(edge.node);
        }
    }
    let targets: Addresses = places.iter().map(|(n, ..)| *n).collect();
    // Depth first with an explicit stack; a node is needed if one of its edges leads to a target or a needed node.
    let mut seen = Addresses::default();
    for root in root_edges(outputs)? {
        let mut stack = vec![(root.node, 0usize)];
        while let Some((node, i)) = stack.pop() {
            if i == 0 && !seen.insert(address(&node)) {
                continue;
            }
            let edges = node.edges().clone();
            if i > 0
                && let Some(edge) = &edges[i - 1]
                && (targets.contains(&address(&edge.node)) || needed.contains(&address(&edge.node)))
            {
                needed.insert(address(&node));
            }
            if i < edges.len() {
                let next = edges[i].as_ref().map(|e| e.node.clone());
                stack.push((node, i + 1));
                if let Some(next) = next
                    && !seen.contains(&address(&next))
                {
                    stack.push((next, 0));
                }
            }
        }
    }
    Ok(Captures {
        places,
        needed,
        found: vec![None; inputs.len()],
        accumulate,
        _held: held,
    })
}
