//! `scaled_dot_product_attention` (`ATen/native/transformers/attention.cpp`).

use super::kernel::{self, Inputs};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Result, Scalar};
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record, rederive, requires_recording};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{
    add, dropout, expand_to, full, masked_fill, matmul, mul, reshape_to, select, softmax,
    transpose, triangle, unsqueeze,
};

/// `torch.nn.functional.scaled_dot_product_attention`
pub static SCALED_DOT_PRODUCT_ATTENTION: Op = Op {
    signature: "scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Means of the values, weighted by the softmax of the products of queries and keys.",
    examples: &[(
        "F.scaled_dot_product_attention(torch.zeros(1, 2), torch.zeros(2, 2), torch.tensor([[1.], [3.]]))",
        "tensor([[2.]])",
    )],
    samples,
    call: |a| {
        let options = Options {
            dropout: a.float("dropout_p")?,
            causal: a.bool("is_causal")?,
            scale: a.opt_float("scale")?,
            grouped: a.bool("enable_gqa")?,
        };
        let (q, k, v) = (a.tensor("query")?, a.tensor("key")?, a.tensor("value")?);
        Ok(scaled_dot_product_attention(q, k, v, a.opt_tensor("attn_mask")?, options)?.into())
    },
    ..Op::BASE
};

/// What may be said beside the tensors.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// The share of weights that are dropped.
    pub dropout: f64,
    /// Whether a query sees only the keys up to its own place.
    pub causal: bool,
    /// What the products are multiplied by; `1 / sqrt(features)` if not given.
    pub scale: Option<f64>,
    /// Whether several heads of queries share one of keys and values.
    pub grouped: bool,
}

fn samples(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    let four = |h: usize, n: usize| Arg::from(m.between(&[1, h, n, 2], -0.9, 0.9));
    let three = |n: usize, d: usize| Arg::from(m.tensor(&[2, n, d]));
    vec![
        sample([four(2, 3), four(2, 2), four(2, 2)]),
        sample([four(1, 3), four(1, 3), four(1, 3)]).with("is_causal", true),
        sample([four(2, 2), four(2, 3), four(2, 3), m.tensor(&[2, 3]).into()]).with("scale", 0.5),
        sample([
            four(2, 2),
            four(2, 2),
            four(2, 2),
            m.mask(&[1, 1, 2, 2]).into(),
        ]),
        sample([three(2, 2), three(3, 2), three(3, 1)]),
        sample([four(2, 2), four(1, 2), four(1, 2)]).with("enable_gqa", true),
        sample([three(2, 2), three(3, 2), three(3, 1)])
            .with("dropout_p", 0.5)
            .rough(),
    ]
}

fn check(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, causal: bool) -> Result<()> {
    let (d, e, f) = (q.dtype(), k.dtype(), v.dtype());
    ensure!(
        d == e && e == f,
        "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: {} instead.",
        d.cpp_name(),
        e.cpp_name(),
        f.cpp_name()
    );
    ensure!(
        q.ndim() >= 2 && k.ndim() >= 2 && v.ndim() >= 2,
        "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {} key.dim: {} and value.dim: {} instead.",
        q.ndim(),
        k.ndim(),
        v.ndim()
    );
    let Some(mask) = mask else { return Ok(()) };
    let m = mask.dtype();
    ensure!(
        m == DType::Bool || m == d || m == DType::Float32,
        "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and  query.dtype: {} instead.",
        m.cpp_name(),
        d.cpp_name()
    );
    ensure!(
        !causal,
        "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
    );
    Ok(())
}

/// `torch.nn.functional.scaled_dot_product_attention`
pub fn scaled_dot_product_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    options: Options,
) -> Result<Tensor> {
    check(q, k, v, mask, options.causal)?;
    let features = q.shape().last().copied().unwrap_or(1).max(1);
    let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
    let mask = match mask {
        Some(m) if m.dtype() == DType::Bool => Some(hidden(m, q.dtype())?),
        given => given.cloned(),
    };
    if can_be_fused(q, k, v, mask.as_ref(), &options) {
        return fused(q, k, v, mask, options.causal, scale);
    }
    let (mut k, mut v) = (k.clone(), v.clone());
    if options.grouped {
        (k, v) = (shared(q, &k)?, shared(q, &v)?);
    }
    let weights = weights(q, &k, mask.as_ref(), options.causal, scale)?;
    let weights = match options.dropout {
        p if p > 0.0 => dropout(&weights, p, true)?,
        _ => weights,
    };
    matmul(&weights, &v)
}

/// What hides the places that a mask does not show: zeros and negative infinities.
fn hidden(mask: &Tensor, dtype: DType) -> Result<Tensor> {
    let number = |x: f64| full(&[], Scalar::Float(x), dtype);
    select(mask, &number(0.0)?, &number(f64::NEG_INFINITY)?)
}

/// Keys or values once for each head of the queries that shares them.
fn shared(q: &Tensor, x: &Tensor) -> Result<Tensor> {
    let (sq, sx) = (q.shape(), x.shape());
    ensure!(
        sq.len() >= 3 && sx.len() >= 3 && sx[sx.len() - 3] > 0,
        "attention with shared heads needs tensors of at least 3 dimensions"
    );
    let (heads, own) = (sq[sq.len() - 3], sx[sx.len() - 3]);
    ensure!(
        heads % own == 0,
        "Number of heads in key and value must divide the number of heads in query"
    );
    let at = sx.len() - 2;
    let mut stretched = sx.to_vec();
    stretched.insert(at, heads / own);
    let mut out = sx.to_vec();
    out[at - 1] = heads;
    reshape_to(&expand_to(&unsqueeze(x, at as i64)?, &stretched)?, &out)
}

/// The softmax of the masked scores.
fn weights(
    q: &Tensor,
    k: &Tensor,
    mask: Option<&Tensor>,
    causal: bool,
    scale: f64,
) -> Result<Tensor> {
    // The root on both sides keeps the products small, as in PyTorch.
    let root = scale.abs().sqrt();
    let left = mul(q, if scale < 0.0 { -root } else { root })?;
    let right = mul(&transpose(k, -2, -1)?, root)?;
    let scores = matmul(&left, &right)?;
    let n = scores.ndim();
    let causal_mask = if causal {
        let shape = [scores.shape()[n - 2], scores.shape()[n - 1]];
        let seen = triangle(&full(&shape, true, DType::Bool)?, 0, false)?;
        Some(hidden(&seen, q.dtype())?)
    } else {
        None
    };
    let Some(mask) = mask.or(causal_mask.as_ref()) else {
        return softmax(&scores, -1);
    };
    let scores = add(&scores, mask)?;
    match blind(&scores)? {
        Some(rows) => masked_fill(
            &softmax(&masked_fill(&scores, &rows, 0.0)?, -1)?,
            &rows,
            0.0,
        ),
        None => softmax(&scores, -1),
    }
}

/// The rows in which everything is hidden, if there are any.
fn blind(scores: &Tensor) -> Result<Option<Tensor>> {
    let array = scores.array();
    let shape = array.shape();
    let keys = shape[shape.len() - 1];
    let mut rows = shape.to_vec();
    rows[shape.len() - 1] = 1;
    let array = array.contiguous()?;
    let flags: Vec<bool> = dispatch_float!(array.dtype(), T => {
        let all = array.slice::<T>();
        all.chunks(keys.max(1)).map(|row| row.iter().all(|s| *s == T::NEG_INFINITY)).collect()
    }, other => Vec::new());
    let found = flags.contains(&true);
    Ok(found.then(|| Tensor::from_array(Array::from_vec(flags, &rows))))
}

/// Whether PyTorch takes its fused form, and the loops know the dtype.
fn can_be_fused(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    options: &Options,
) -> bool {
    let (sq, sk, sv) = (q.shape(), k.shape(), v.shape());
    let known = q.dtype().is_floating_point() && !q.dtype().is_small();
    known
        && options.dropout == 0.0
        && !options.grouped
        && [sq.len(), sk.len(), sv.len()] == [4; 3]
        && sq[..2] == sk[..2]
        && sk[..3] == sv[..3]
        && sq[3] == sk[3]
        && sq[3] == sv[3]
        && [&sq, &sk].iter().all(|s| s.iter().all(|n| *n > 0))
        && mask.is_none_or(|m| {
            let s = m.shape();
            let whole = [sq[0], sq[1], sq[2], sk[2]];
            let fits = s
                .iter()
                .rev()
                .zip(whole.iter().rev())
                .all(|(a, b)| *a == 1 || a == b);
            s.len() <= 4 && fits && !requires_recording(&[m])
        })
}

fn inputs<'a>(
    [q, k, v]: [&'a Array; 3],
    mask: Option<&Tensor>,
    causal: bool,
    scale: f64,
) -> Result<Inputs<'a>> {
    let whole = [q.shape()[0], q.shape()[1], q.shape()[2], k.shape()[2]];
    let mask =
        mask.map(|m| -> Result<Array> { Ok(m.array().to_dtype(q.dtype())?.broadcast(&whole)) });
    Ok(Inputs {
        q,
        k,
        v,
        mask: mask.transpose()?,
        causal,
        scale,
    })
}

fn fused(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<Tensor>,
    causal: bool,
    scale: f64,
) -> Result<Tensor> {
    let arrays = [q.to_array(), k.to_array(), v.to_array()];
    let out = kernel::forward(&inputs(arrays.each_ref(), mask.as_ref(), causal, scale)?)?;
    let kept = (
        [Saved::input(q), Saved::input(k), Saved::input(v)],
        Saved::result(&out),
    );
    Ok(record(
        "ScaledDotProductFlashAttentionForCpuBackward0",
        [q, k, v],
        out,
        kept,
        move |g, ([q, k, v], out), c| {
            let given = [c.get(q)?, c.get(k)?, c.get(v)?];
            if is_grad_enabled() {
                let given = given.map(Some);
                let composed = |x: &[Option<Tensor>]| {
                    let at = |i: usize| x[i].as_ref().expect("given");
                    let weights = weights(at(0), at(1), mask.as_ref(), causal, scale)?;
                    Ok(vec![matmul(&weights, at(2))?])
                };
                let grads = rederive(&given, &[Some(g.clone())], c, composed)?;
                let [q, k, v] = &grads[..] else {
                    unreachable!("three inputs")
                };
                return Ok([q.clone(), k.clone(), v.clone()]);
            }
            let arrays = given.each_ref().map(|x| x.to_array());
            let inputs = inputs(arrays.each_ref(), mask.as_ref(), causal, scale)?;
            let grads = kernel::backward(&inputs, &c.get(out)?.array(), &g.array())?;
            Ok(grads.map(|g| Some(Tensor::from_array(g))))
        },
    ))
}
