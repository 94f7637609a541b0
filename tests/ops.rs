//! Every op on every sample: that it runs, that strides do not matter, that the in-place form agrees, and that first and
//! second derivatives agree with finite differences.

use libtest_mimic::{Arguments, Failed, Trial};
use torchlet::tensor::array::{DType, Dims, Layout};
use torchlet::tensor::autograd::{gradcheck, gradgradcheck};
use torchlet::tensor::core::generator::manual_seed;
use torchlet::tensor::core::no_grad;
use torchlet::tensor::core::warning::set_handler;
use torchlet::tensor::ops::registry::{Callable, Entry, all, samples};
use torchlet::tensor::ops::samples::{Make, Sample};
use torchlet::tensor::ops::{Arg, FUNCTION, IN_PLACE, METHOD, Out, PROPERTY, to_dtype};
use torchlet::tensor::{Result, Tensor};

const DTYPES: &[DType] = &[
    DType::Float64,
    DType::Float32,
    DType::Int64,
    DType::UInt8,
    DType::Bool,
];

/// Ops that have nothing to be tested on, or whose arguments only another op can make.
const WITHOUT_SAMPLES: &[&str] = &["cholesky", "cuda", "qr", "requires_grad", "view_as_complex"];

/// Ops whose gradients PyTorch does not differentiate again.
const ONCE: &[&str] = &["hardsigmoid"];

/// Ops whose forms in place have no gradient in PyTorch.
const OUT_OF_PLACE: &[&str] = &["acosh", "asinh", "atanh"];

fn main() {
    let arguments = Arguments::from_args();
    let trials = all().iter().zip(samples()).map(|(entry, samples)| {
        let name = format!(
            "{}{}",
            entry.op.name(),
            if entry.op.faces & IN_PLACE != 0 {
                "_"
            } else {
                ""
            }
        );
        Trial::test(name, move || check(entry, samples).map_err(Failed::from))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn check(
    entry: &'static Entry,
    samples: fn(&Make) -> Vec<Sample>,
) -> std::result::Result<(), String> {
    // Some samples are meant to be warned of; that would only get lost among the results.
    set_handler(|_, _| {});
    let mut count = 0;
    for &dtype in DTYPES {
        for (i, sample) in samples(&Make::new(dtype)).into_iter().enumerate() {
            count += 1;
            check_sample(entry, &sample, dtype)
                .map_err(|e| format!("sample {i} in {}: {e}", dtype.name()))?;
        }
    }
    if count == 0 && !WITHOUT_SAMPLES.contains(&entry.op.name()) {
        return Err("no samples".into());
    }
    Ok(())
}

fn callable(entry: &'static Entry, in_place: bool) -> Callable {
    let method = entry.op.faces & (METHOD | IN_PLACE | PROPERTY) != 0;
    Callable {
        entry,
        in_place,
        method,
    }
}

fn run(entry: &'static Entry, in_place: bool, sample: &Sample) -> Result<Out> {
    // Random ops draw the same numbers each time.
    manual_seed(0);
    let named = sample.named.iter().map(|(n, a)| (n.to_string(), a.clone()));
    callable(entry, in_place).call(sample.args.iter().cloned(), named)
}

fn check_sample(
    entry: &'static Entry,
    sample: &Sample,
    dtype: DType,
) -> std::result::Result<(), String> {
    let out = run(entry, false, sample).map_err(|e| format!("fails: {e:?}"))?;
    if !needs_strides(entry) {
        let strided = map_tensors(sample, &|t| strided(t));
        let again =
            run(entry, false, &strided).map_err(|e| format!("fails on strided inputs: {e:?}"))?;
        same(&out, &again).map_err(|e| format!("differs on strided inputs: {e}"))?;
    }
    check_in_place(entry, sample, &out)?;
    if dtype == DType::Float64 && sample.smooth {
        derivatives(entry, sample)?;
        complex_derivatives(entry, sample).map_err(|e| format!("of complex numbers: {e}"))?;
    }
    Ok(())
}

/// Ops whose result depends on how the elements lie; those that draw do so in the order of memory.
fn needs_strides(entry: &Entry) -> bool {
    let names = [
        "alpha_dropout",
        "as_strided",
        "as_strided_copy",
        "data_ptr",
        "dropout",
        "is_contiguous",
        "storage_offset",
        "stride",
        "view",
        "view_as",
        "view_copy",
    ];
    names.contains(&entry.op.name())
}

fn map_arg(arg: &Arg, f: &dyn Fn(&Tensor) -> Tensor) -> Arg {
    match arg {
        Arg::Tensor(t) => Arg::Tensor(f(t)),
        Arg::List(items) => Arg::List(items.iter().map(|a| map_arg(a, f)).collect()),
        Arg::Tuple(items) => Arg::Tuple(items.iter().map(|a| map_arg(a, f)).collect()),
        other => other.clone(),
    }
}

fn map_tensors(sample: &Sample, f: &dyn Fn(&Tensor) -> Tensor) -> Sample {
    Sample {
        args: sample.args.iter().map(|a| map_arg(a, f)).collect(),
        named: sample
            .named
            .iter()
            .map(|(n, a)| (*n, map_arg(a, f)))
            .collect(),
        smooth: sample.smooth,
    }
}

fn tensors_in(arg: &Arg, out: &mut Vec<Tensor>) {
    match arg {
        Arg::Tensor(t) => out.push(t.clone()),
        Arg::List(items) | Arg::Tuple(items) => items.iter().for_each(|a| tensors_in(a, out)),
        _ => {}
    }
}

/// The same values, with every dimension's elements apart and the dimensions in reverse order in memory.
fn strided(t: &Tensor) -> Tensor {
    let shape = t.shape();
    let mut layout = Layout::contiguous(&shape);
    let mut step = 2;
    for d in 0..shape.len() {
        layout.strides[d] = step;
        step *= shape[d].max(1) + 1;
    }
    layout.offset = 1;
    let memory =
        torchlet::tensor::array::Array::zeros(&Dims::from_slice(&[layout.end().max(1)]), t.dtype())
            .expect("small");
    let view = memory.with_layout(layout);
    view.assign(&t.array()).expect("one shape");
    Tensor::from_array(view)
}

fn close(a: &Tensor, b: &Tensor) -> std::result::Result<(), String> {
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        return Err(format!("{a} against {b}"));
    }
    let (x, y) = (
        a.to_vec::<f64>().expect("a conversion"),
        b.to_vec::<f64>().expect("a conversion"),
    );
    let near = |(x, y): (&f64, &f64)| {
        x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-6 + 1e-5 * y.abs()
    };
    if x.iter().zip(&y).all(near) {
        Ok(())
    } else {
        Err(format!("{a} against {b}"))
    }
}

fn same(a: &Out, b: &Out) -> std::result::Result<(), String> {
    let (x, y) = (a.tensors(), b.tensors());
    if x.len() != y.len() {
        return Err("another number of tensors".into());
    }
    if x.is_empty() {
        let (a, b) = (format!("{a:?}"), format!("{b:?}"));
        return if a == b {
            Ok(())
        } else {
            Err(format!("{a} against {b}"))
        };
    }
    x.iter().zip(&y).try_for_each(|(x, y)| close(x, y))
}

fn check_in_place(
    entry: &'static Entry,
    sample: &Sample,
    out: &Out,
) -> std::result::Result<(), String> {
    let (Some(Arg::Tensor(x)), Some(y)) = (sample.args.first(), out.tensor()) else {
        return Ok(());
    };
    let fits = x.shape() == y.shape() && x.dtype() == y.dtype();
    let only =
        entry.op.faces & (IN_PLACE | METHOD | FUNCTION) == IN_PLACE && entry.op.name() != "copy";
    if entry.op.faces & IN_PLACE == 0 || !fits || only || entry.op.name() == "detach" {
        return Ok(());
    }
    for make in [strided as fn(&Tensor) -> Tensor, |t| {
        no_grad(|| torchlet::tensor::ops::clone(t)).expect("a copy")
    }] {
        let mut written = sample.clone();
        let target = make(x);
        written.args[0] = Arg::Tensor(target.clone());
        run(entry, true, &written).map_err(|e| format!("fails in place: {e:?}"))?;
        close(&target, y).map_err(|e| format!("differs in place: {e}"))?;
        if target.version() == 0 {
            return Err("the write in place was not counted".into());
        }
    }
    Ok(())
}

/// All tensors among a sample's arguments.
fn inputs_of(sample: &Sample) -> Vec<Tensor> {
    let mut inputs = Vec::new();
    sample.args.iter().for_each(|a| tensors_in(a, &mut inputs));
    sample
        .named
        .iter()
        .for_each(|(_, a)| tensors_in(a, &mut inputs));
    inputs
}

fn derivatives(entry: &'static Entry, sample: &Sample) -> std::result::Result<(), String> {
    let inputs = inputs_of(sample);
    let floating = |t: &Tensor| t.dtype().is_floating_point();
    let leaf = |t: &Tensor| {
        if floating(t) {
            t.detach().with_grad().expect("a float leaf")
        } else {
            t.clone()
        }
    };
    let leaves: Vec<Tensor> = inputs.iter().map(leaf).collect();
    if !leaves.iter().any(floating) {
        return Ok(());
    }
    let call = |given: &[Tensor]| -> Result<Vec<Tensor>> {
        let at = std::cell::Cell::new(0);
        let filled = map_tensors(sample, &|_| {
            at.set(at.get() + 1);
            given[at.get() - 1].clone()
        });
        Ok(run(entry, false, &filled)?.tensors())
    };
    let outs = call(&leaves).map_err(|e| format!("fails with gradients: {e:?}"))?;
    if outs.iter().any(|o| o.dtype() == DType::Float32) {
        return Ok(());
    }
    gradcheck(&call, &leaves).map_err(|e| format!("gradient: {e:?}"))?;
    if !ONCE.contains(&entry.op.name()) {
        gradgradcheck(&call, &leaves).map_err(|e| format!("second derivative: {e:?}"))?;
    }
    if OUT_OF_PLACE.contains(&entry.op.name()) {
        return Ok(());
    }
    in_place_gradient(entry, sample, &leaves)
}

/// Ops whose results have a free phase, or whose gradients PyTorch gives for triangles and Hermitian matrices only.
const WITHOUT_COMPLEX_DERIVATIVES: &[&str] = &[
    "cholesky_solve",
    "linalg_householder_product",
    "linalg_svd",
    "orgqr",
    "ormqr",
    "svd",
];

/// The derivatives for complex inputs, by the real and the imaginary parts of each, where the op takes complex numbers.
fn complex_derivatives(entry: &'static Entry, sample: &Sample) -> std::result::Result<(), String> {
    use torchlet::tensor::ops::complex::join;
    let inputs = inputs_of(sample);
    let size = |t: &Tensor| usize::from(t.dtype() == DType::Float64) * t.numel().max(1);
    let size: usize = inputs.iter().map(size).sum();
    // Each number counts twice: large samples would take too long.
    if WITHOUT_COMPLEX_DERIVATIVES.contains(&entry.op.name()) || !(1..=24).contains(&size) {
        return Ok(());
    }
    let leaf = |t: &Tensor| t.detach().with_grad().expect("a float leaf");
    let imaginary = |t: &Tensor| -> Result<Tensor> {
        let n = t.numel();
        let values: Vec<f64> = (0..n).map(|i| 0.2 + 0.3 * (1.3 * i as f64).sin()).collect();
        Tensor::from_vec(values, &t.shape())
    };
    let mut leaves = Vec::new();
    for t in inputs.iter().filter(|t| t.dtype() == DType::Float64) {
        leaves.push(leaf(t));
        leaves.push(leaf(&imaginary(t).map_err(|e| format!("{e:?}"))?));
    }
    let call = |given: &[Tensor]| -> Result<Vec<Tensor>> {
        let at = std::cell::Cell::new(0);
        let filled = map_tensors(sample, &|t| {
            if t.dtype() != DType::Float64 {
                return t.clone();
            }
            at.set(at.get() + 2);
            join(&given[at.get() - 2], &given[at.get() - 1]).expect("parts of one shape")
        });
        let parts = |t: &Tensor| {
            if t.dtype().is_complex() {
                torchlet::tensor::ops::view_as_real(t)
            } else {
                Ok(t.clone())
            }
        };
        let outs = run(entry, false, &filled)?.tensors();
        outs.iter().map(parts).collect()
    };
    match call(&leaves) {
        Err(e) if e.kind() == torchlet::tensor::array::ErrorKind::NotImplemented => return Ok(()),
        Err(e) if e.kind() == torchlet::tensor::array::ErrorKind::Type => return Ok(()),
        Err(e) => return Err(format!("fails: {e:?}")),
        Ok(outs) if outs.iter().any(|o| o.dtype() == DType::Float32) => return Ok(()),
        Ok(_) => {}
    }
    gradcheck(&call, &leaves).map_err(|e| format!("gradient: {e:?}"))?;
    if size > 9 || ONCE.contains(&entry.op.name()) {
        return Ok(());
    }
    gradgradcheck(&call, &leaves).map_err(|e| format!("second derivative: {e:?}"))
}

/// The in-place form gives the gradients of the out-of-place form, on a tensor and through a view of one.
fn in_place_gradient(
    entry: &'static Entry,
    sample: &Sample,
    leaves: &[Tensor],
) -> std::result::Result<(), String> {
    let (Some(Arg::Tensor(x)), true) = (sample.args.first(), entry.op.faces & IN_PLACE != 0) else {
        return Ok(());
    };
    let out = run(entry, false, sample).map_err(|e| format!("{e:?}"))?;
    let fits = out
        .tensor()
        .is_some_and(|y| y.shape() == x.shape() && y.dtype() == x.dtype());
    if !fits || entry.op.name() == "detach" {
        return Ok(());
    }
    let call = |given: &[Tensor]| -> Result<Vec<Tensor>> {
        let at = std::cell::Cell::new(0);
        let mut filled = map_tensors(sample, &|_| {
            at.set(at.get() + 1);
            given[at.get() - 1].clone()
        });
        let base = torchlet::tensor::ops::stack(&[given[0].clone(), given[0].clone()], 0)?;
        let base = to_dtype(&base, DType::Float64)?;
        let part = torchlet::tensor::ops::select_index(&base, 0, 1);
        filled.args[0] = Arg::Tensor(part.clone());
        run(entry, true, &filled)?;
        let whole = torchlet::tensor::ops::clone(&given[0])?;
        filled.args[0] = Arg::Tensor(whole.clone());
        run(entry, true, &filled)?;
        Ok(vec![
            torchlet::tensor::ops::mul(&base, 1i64)?,
            torchlet::tensor::ops::mul(&part, 1i64)?,
            torchlet::tensor::ops::mul(&whole, 1i64)?,
        ])
    };
    gradcheck(&call, leaves).map_err(|e| format!("gradient in place: {e:?}"))
}
