//! Loops over a parameter, its gradient and its states.

use super::spec::{Options, ParamState, StateValue, numbers};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, DType, Real, Result, Scalar, threads};
use crate::tensor::core::Tensor;
use crate::tensor::core::number::repr;
use crate::tensor::ops::{Arg, Args, full, zeros_like as zeros};

/// What happens to parameters and gradients before an optimizer's own rule.
#[derive(Clone, Copy)]
pub(super) struct Before {
    /// Whether the gradient is climbed.
    maximize: bool,
    /// How much of the parameter is added to the gradient.
    decay: f64,
    /// The factor of the parameter itself.
    shrink: f64,
}

impl Before {
    /// What `maximize` and `weight_decay` ask for.
    pub(super) fn new(o: &dyn Options) -> Result<Before> {
        Ok(Before {
            maximize: o.bool("maximize")?,
            decay: o.float("weight_decay")?,
            shrink: 1.0,
        })
    }

    /// [`new`](Before::new) for an optimizer without weight decay.
    pub(super) fn without_decay(o: &dyn Options) -> Result<Before> {
        Ok(Before {
            maximize: o.bool("maximize")?,
            decay: 0.0,
            shrink: 1.0,
        })
    }

    /// [`new`](Before::new) for an optimizer that may keep the decay apart from the gradient.
    pub(super) fn decoupled(o: &dyn Options) -> Result<Before> {
        let mut before = Before::new(o)?;
        if o.bool("decoupled_weight_decay")? {
            before.shrink = 1.0 - o.float("lr")? * before.decay;
            before.decay = 0.0;
        }
        Ok(before)
    }

    fn changes_nothing(&self) -> bool {
        !self.maximize && self.decay == 0.0 && self.shrink == 1.0
    }

    /// Loops of their own rather than questions in the rule's loop, which would keep it from becoming SIMD code.
    #[inline(always)]
    fn apply<T: Real>(&self, p: &mut [T], g: &mut [T]) {
        if self.shrink != 1.0 {
            let shrink = T::lit(self.shrink);
            for p in p.iter_mut() {
                *p = *p * shrink;
            }
        }
        if self.maximize {
            for g in g.iter_mut() {
                *g = -*g;
            }
        }
        if self.decay != 0.0 {
            let decay = T::lit(self.decay);
            for (g, p) in g.iter_mut().zip(p) {
                *g = decay.mul_add(*p, *g);
            }
        }
    }
}

/// What happens to each element of a parameter with `N` states, by `R` square roots.
pub(super) trait Rule<const N: usize, const R: usize = 0>: Copy + Sync {
    /// Changes the states as far as the roots need, and tells what these are taken of.
    #[inline(always)]
    fn radicands<T: Real>(&self, _: T, _: [&mut T; N]) -> [T; R] {
        [T::ZERO; R]
    }
    /// Gets the parameter's element, the gradient's, the states' and the roots, and changes them.
    fn apply<T: Real>(&self, p: &mut T, g: T, states: [&mut T; N], roots: [T; R]);
}

/// Applies a rule to all elements.
pub(super) fn each<const N: usize, const R: usize>(
    p: &Tensor,
    g: &Tensor,
    states: [&Tensor; N],
    before: Before,
    rule: impl Rule<N, R>,
) -> Result<()> {
    let whole = of_reals(p);
    let dense = whole.layout().is_dense();
    let small = whole.dtype().is_small();
    let target = if small {
        whole.to_dtype(DType::Float32)?
    } else if dense {
        whole.clone()
    } else {
        whole.copy()?
    };
    let grad = aligned(&of_reals(g), &target)?;
    let grad = if grad.storage().same(target.storage()) {
        grad.copy_dense()?
    } else {
        grad
    };
    let mut held = Vec::with_capacity(N);
    for s in states {
        let own = of_reals(s);
        let in_order = aligned(&own, &target)?;
        held.push((own, in_order));
    }
    match target.dtype() {
        DType::Float32 => run::<f32, N, R>(&target, &grad, &held, before, rule),
        DType::Float64 => run::<f64, N, R>(&target, &grad, &held, before, rule),
        other => bail!(
            "result type Float can't be cast to the desired output type {}",
            other.scalar_name()
        ),
    }
    if small || !dense {
        whole.assign(&target)?;
    }
    for (own, in_order) in &held {
        if !own.storage().same(in_order.storage()) {
            own.assign(in_order)?;
        }
    }
    p.bump_version();
    states.iter().for_each(|s| s.bump_version());
    Ok(())
}

fn run<T: Real, const N: usize, const R: usize>(
    p: &Array,
    g: &Array,
    states: &[(Array, Array)],
    before: Before,
    rule: impl Rule<N, R>,
) {
    let (mut p, g) = (p.slice_mut::<T>(), g.slice::<T>());
    let mut borrowed: Vec<_> = states.iter().map(|(_, s)| s.slice_mut::<T>()).collect();
    let (p, g): (&mut [T], &[T]) = (&mut p, &g);
    let n = p.len();
    let mut slices = borrowed.iter_mut().map(|s| &mut s[..n]);
    let mut states: [&mut [T]; N] =
        std::array::from_fn(|_| slices.next().expect("one slice a state"));
    threads::fill_with(p, &mut states, threads::GRAIN / 4, &|start, p, states| {
        let g = &g[start..start + p.len()];
        // Parameters in double precision are rare: one copy of the loop is enough for them.
        if size_of::<T>() == size_of::<f64>() {
            return in_lanes(p, g, states, before, rule);
        }
        vectorize(
            #[inline(always)]
            || in_lanes(p, g, states, before, rule),
        );
    });
}

/// The rule for some elements at a time, which leave memory and come back together: so the compiler need not ask whether
/// the slices overlap.
#[inline(always)]
fn in_lanes<T: Real, const N: usize, const R: usize>(
    p: &mut [T],
    g: &[T],
    states: &mut [&mut [T]; N],
    before: Before,
    rule: impl Rule<N, R>,
) {
    if N == 0 && before.changes_nothing() {
        for (p, g) in p.iter_mut().zip(g) {
            let none = std::array::from_fn(|_| unreachable!("no states"));
            rule.apply(p, *g, none, [T::ZERO; R]);
        }
        return;
    }
    const LANES: usize = 128;
    let (n, g) = (p.len(), &g[..p.len()]);
    for s in states.iter_mut() {
        *s = &mut std::mem::take(s)[..n];
    }
    let (mut ps, mut gs) = ([T::ZERO; LANES], [T::ZERO; LANES]);
    let mut held = [[T::ZERO; LANES]; N];
    let (mut under, mut roots) = ([[T::ZERO; LANES]; R], [[T::ZERO; LANES]; R]);
    for at in (0..n).step_by(LANES) {
        copy_in(&p[at..], &mut ps);
        copy_in(&g[at..], &mut gs);
        for (h, s) in held.iter_mut().zip(&*states) {
            copy_in(&s[at..], h);
        }
        // A number that the compiler does not know: it would unroll a loop over all lanes into numbers one by one.
        let many = (n - at).next_multiple_of(8).min(LANES);
        let (own, slopes) = (&mut ps[..many], &mut gs[..many]);
        let mut lanes = held.each_mut().map(|h| &mut h[..many]);
        before.apply(own, slopes);
        let under = under.each_mut().map(|u| &mut u[..many]);
        for i in 0..if R > 0 { many } else { 0 } {
            let kept = lanes.each_mut().map(|h| &mut h[i]);
            let found = rule.radicands(slopes[i], kept);
            (0..R).for_each(|r| under[r][i] = found[r]);
        }
        let roots = roots.each_mut().map(|r| &mut r[..many]);
        (0..R).for_each(|r| T::roots(roots[r], under[r]));
        for i in 0..many {
            let kept = lanes.each_mut().map(|h| &mut h[i]);
            rule.apply(&mut own[i], slopes[i], kept, roots.each_ref().map(|r| r[i]));
        }
        copy_out(&ps, &mut p[at..]);
        for (h, s) in held.iter().zip(states.iter_mut()) {
            copy_out(h, &mut s[at..]);
        }
    }
}

/// Fills the lanes; at a slice's end only some, and the others keep what they held.
#[inline(always)]
fn copy_in<T: Real, const LANES: usize>(from: &[T], lanes: &mut [T; LANES]) {
    match from.first_chunk::<LANES>() {
        Some(whole) => *lanes = *whole,
        None => lanes[..from.len()].copy_from_slice(from),
    }
}

/// The way back of [`copy_in`].
#[inline(always)]
fn copy_out<T: Real, const LANES: usize>(lanes: &[T; LANES], to: &mut [T]) {
    let n = to.len();
    match to.first_chunk_mut::<LANES>() {
        Some(whole) => *whole = *lanes,
        None => to.copy_from_slice(&lanes[..n]),
    }
}

/// The numbers of a tensor; complex ones as pairs, whose halves are parameters of their own.
fn of_reals(x: &Tensor) -> Array {
    let array = x.to_array();
    if array.dtype().is_complex() {
        array.view_as_real()
    } else {
        array
    }
}

/// An array with its elements in the order in which the parameter's lie, and in its dtype.
fn aligned(x: &Array, p: &Array) -> Result<Array> {
    ensure!(
        x.shape() == p.shape(),
        "The size of tensor a must match the size of tensor b"
    );
    let same_order =
        x.layout().strides == p.layout().strides || x.is_contiguous() && p.is_contiguous();
    if same_order && x.dtype() == p.dtype() {
        return Ok(x.clone());
    }
    let mut layout = p.layout().clone();
    layout.offset = 0;
    let target = Array::zeros(&[p.numel()], p.dtype())?.with_layout(layout);
    target.assign(x)?;
    Ok(target)
}

/// `x + weight * (end - x)`, in the order of operations that `lerp_` has.
#[inline(always)]
pub(super) fn lerp<T: Real>(x: T, end: T, weight: f64) -> T {
    let w = T::lit(weight);
    if w < T::lit(0.5) {
        w.mul_add(end - x, x)
    } else {
        (T::ONE - w).mul_add(-(end - x), end)
    }
}

/// `v * beta + (1 - beta) * g * g`
#[inline(always)]
pub(super) fn mean_square<T: Real>(v: T, g: T, beta: f64) -> T {
    (T::lit(1.0 - beta) * g).mul_add(g, v * T::lit(beta))
}

/// Refuses a number below a limit: `Invalid learning rate: -1`.
pub(super) fn not_negative(a: &Args, name: &str, words: &str) -> Result<()> {
    let x = Options::float(a, name)?;
    ensure!(x >= 0.0, Value, "Invalid {words}: {}", text(&a.arg(name)));
    Ok(())
}

/// The checks that most optimizers share.
pub(super) fn check_common(a: &Args) -> Result<()> {
    not_negative(a, "lr", "learning rate")?;
    not_negative(a, "eps", "epsilon value")?;
    not_negative(a, "weight_decay", "weight_decay value")
}

/// Refuses betas outside of `[0, 1)`.
pub(super) fn check_betas(a: &Args) -> Result<()> {
    let arg = a.arg("betas");
    let betas = numbers(&arg, "betas")?;
    for (i, b) in betas.iter().enumerate().take(2) {
        ensure!(
            (0.0..1.0).contains(b),
            Value,
            "Invalid beta parameter at index {i}: {}",
            arg.items().map(|items| text(&items[i])).unwrap_or_default()
        );
    }
    Ok(())
}

/// A number as Python writes it.
pub(super) fn text(a: &Arg) -> String {
    match a {
        Arg::None => "None".into(),
        Arg::Tensor(t) => t.to_string(),
        other => other.as_scalar().map(repr).unwrap_or_default(),
    }
}

/// Makes the states of a parameter that has none yet: a count and zeros under these names.
pub(super) fn prepare(state: &mut ParamState, p: &Tensor, names: &[&'static str]) -> Result<()> {
    if !state.entries.is_empty() {
        return Ok(());
    }
    state.set("step", number(0.0)?);
    for name in names {
        state.set(name, StateValue::Tensor(zeros(p)?));
    }
    Ok(())
}

/// A number kept as a 0-dim tensor.
pub(super) fn number(x: f64) -> Result<StateValue> {
    Ok(StateValue::Tensor(full(&[], x, DType::Float32)?))
}

/// Overwrites a kept number.
pub(super) fn set_number(t: &Tensor, x: f64) -> Result<()> {
    t.array().fill(Scalar::Float(x))?;
    t.bump_version();
    Ok(())
}
