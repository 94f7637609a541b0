//! Sums of products over named or numbered dimensions: einsum, tensordot, kron, cross, trace.

use super::matmul::{bmm, mm, pairs};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{broadcast_shapes, wrap_dim, wrap_dims};
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{diagonal, expand_to, mul, permute, reshape_to, roll, sub, sum, sum_dims};

fn equations(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    let two = |e: &str, a: &[usize], b: &[usize]| {
        sample([e.into(), m.tensor(a).into(), m.tensor(b).into()])
    };
    vec![
        two("ij,jk->ik", &[2, 3], &[3, 2]),
        two("bij,bjk->bik", &[2, 2, 3], &[2, 3, 2]),
        two("i,j->ij", &[2], &[3]),
        two("...ij,...jk", &[2, 2, 3], &[3, 2]),
        two("ij,ij->", &[2, 3], &[2, 3]),
        sample(["ii->i".into(), m.tensor(&[3, 3]).into()]),
        sample(["ij->ji".into(), m.tensor(&[2, 3]).into()]),
        sample(["ii".into(), m.tensor(&[3, 3]).into()]),
    ]
}

/// `torch.einsum`
pub static EINSUM: Op = Op {
    signature: "einsum(equation, *operands) -> Tensor",
    doc: "Sums of products over dimensions named by letters.",
    examples: &[(
        "torch.einsum('ij,jk->ik', torch.ones(1, 2), torch.ones(2, 1))",
        "tensor([[2.]])",
    )],
    samples: equations,
    call: |a| Ok(einsum(a.str("equation")?, &a.tensors("operands")?)?.into()),
    ..Op::BASE
};

/// A tensor and the label of each of its dimensions. The dimensions of an ellipsis have labels from `DOTS` on.
type Labelled = (Tensor, Vec<u32>);

const DOTS: u32 = 0x11_0000;

/// `torch.einsum`
pub fn einsum(equation: &str, operands: &[Tensor]) -> Result<Tensor> {
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    ensure!(
        !operands.is_empty(),
        "einsum(): must provide at least one operand"
    );
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (equation.as_str(), None),
    };
    let terms: Vec<&str> = inputs.split(',').collect();
    if terms.len() > operands.len() {
        bail!("einsum(): more subscripts in equation than operands");
    }
    ensure!(
        terms.len() == operands.len(),
        "einsum(): fewer subscripts in equation than operands"
    );
    let dots = dots_of(&terms, operands)?;
    let mut work = Vec::new();
    for (i, (term, x)) in terms.iter().zip(operands).enumerate() {
        work.push(label(x, &labels(term, x.ndim(), dots, i)?)?);
    }
    let out = match output {
        Some(text) => output_labels(text, dots)?,
        None => implied(&terms, dots),
    };
    for l in &out {
        ensure!(
            work.iter().any(|(_, ls)| ls.contains(l)) || *l >= DOTS,
            "einsum(): output subscript {} does not appear in the equation for any input operand",
            char::from_u32(*l).unwrap_or('?')
        );
    }
    let mut rest = work.into_iter();
    let mut done = rest.next().expect("at least one operand");
    let mut waiting: Vec<Labelled> = rest.collect();
    while !waiting.is_empty() {
        let next = waiting.remove(0);
        let wanted = |l: &u32| out.contains(l) || waiting.iter().any(|(_, ls)| ls.contains(l));
        done = contract(done, next, wanted)?;
    }
    let done = drop_labels(done, |l| out.contains(l))?;
    let order: Vec<i64> = out
        .iter()
        .filter_map(|l| done.1.iter().position(|k| k == l).map(|p| p as i64))
        .collect();
    permute(&done.0, &order)
}

fn dots_of(terms: &[&str], operands: &[Tensor]) -> Result<usize> {
    let mut dots = 0;
    for (term, x) in terms.iter().zip(operands) {
        if term.contains("...") {
            let named = term.chars().filter(|c| c.is_alphabetic()).count();
            ensure!(
                named <= x.ndim(),
                "einsum(): the number of subscripts in the equation ({named}) is more than the number of dimensions ({}) for operand",
                x.ndim()
            );
            dots = dots.max(x.ndim() - named);
        }
    }
    Ok(dots)
}

fn labels(term: &str, ndim: usize, dots: usize, i: usize) -> Result<Vec<u32>> {
    let named = term.chars().filter(|c| c.is_alphabetic()).count();
    let mut out = Vec::new();
    for (k, part) in term.splitn(2, "...").enumerate() {
        if k == 1 {
            // The last ones of the ellipsis' dimensions: shorter operands broadcast.
            let own = ndim - named.min(ndim);
            out.extend((dots - own..dots).map(|d| DOTS + d as u32));
        }
        for c in part.chars() {
            ensure!(
                c.is_alphabetic(),
                "einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]"
            );
            out.push(u32::from(c));
        }
    }
    ensure!(
        out.len() == ndim,
        "einsum(): the number of subscripts in the equation ({}) does not match the number of dimensions ({ndim}) for operand {i} and no ellipsis was given",
        out.len()
    );
    Ok(out)
}

fn output_labels(text: &str, dots: usize) -> Result<Vec<u32>> {
    let mut out = Vec::new();
    for (k, part) in text.splitn(2, "...").enumerate() {
        if k == 1 {
            out.extend((0..dots).map(|d| DOTS + d as u32));
        }
        for c in part.chars() {
            ensure!(
                !out.contains(&u32::from(c)),
                "einsum(): output subscript {c} appears more than once in the output"
            );
            out.push(u32::from(c));
        }
    }
    Ok(out)
}

/// Without an output: the ellipsis, then the letters that occur once, in alphabetical order.
fn implied(terms: &[&str], dots: usize) -> Vec<u32> {
    let all: String = terms.concat();
    let mut once: Vec<char> = all
        .chars()
        .filter(|c| c.is_alphabetic() && all.chars().filter(|d| d == c).count() == 1)
        .collect();
    once.sort_unstable();
    (0..dots)
        .map(|d| DOTS + d as u32)
        .chain(once.into_iter().map(u32::from))
        .collect()
}

/// Repeated labels become diagonals.
fn label(x: &Tensor, labels: &[u32]) -> Result<Labelled> {
    let (mut x, mut labels) = (x.clone(), labels.to_vec());
    let mut i = 0;
    while i < labels.len() {
        match (i + 1..labels.len()).find(|j| labels[*j] == labels[i]) {
            Some(j) => {
                ensure!(
                    x.shape()[i] == x.shape()[j],
                    "einsum(): subscript {} is repeated for operand but the sizes don't match, {} != {}",
                    char::from_u32(labels[i]).unwrap_or('?'),
                    x.shape()[j],
                    x.shape()[i]
                );
                x = diagonal(&x, 0, i as i64, j as i64)?;
                let l = labels.remove(j);
                labels.remove(i);
                labels.push(l);
                i = 0;
            }
            None => i += 1,
        }
    }
    Ok((x, labels))
}

fn drop_labels((x, labels): Labelled, keep: impl Fn(&u32) -> bool) -> Result<Labelled> {
    let gone: Vec<i64> = (0..labels.len())
        .filter(|i| !keep(&labels[*i]))
        .map(|i| i as i64)
        .collect();
    if gone.is_empty() {
        return Ok((x, labels));
    }
    let x = sum_dims(&x, Some(&gone), false, Some(x.dtype()))?;
    Ok((x, labels.into_iter().filter(|l| keep(l)).collect()))
}

/// Multiplies two operands and sums over the labels that nobody wants any more: one batched product.
fn contract(a: Labelled, b: Labelled, wanted: impl Fn(&u32) -> bool) -> Result<Labelled> {
    let a = {
        let in_b = b.1.clone();
        drop_labels(a, |l| wanted(l) || in_b.contains(l))?
    };
    let b = {
        let in_a = a.1.clone();
        drop_labels(b, |l| wanted(l) || in_a.contains(l))?
    };
    let common: Vec<u32> = a.1.iter().copied().filter(|l| b.1.contains(l)).collect();
    let (batch, summed): (Vec<u32>, Vec<u32>) = common.into_iter().partition(|l| wanted(l));
    let left: Vec<u32> = a.1.iter().copied().filter(|l| !b.1.contains(l)).collect();
    let right: Vec<u32> = b.1.iter().copied().filter(|l| !a.1.contains(l)).collect();
    let size = |l: &u32| -> Result<usize> {
        let of = |(x, ls): &Labelled| ls.iter().position(|k| k == l).map_or(1, |p| x.shape()[p]);
        let (m, n) = (of(&a), of(&b));
        ensure!(
            m == n || m == 1 || n == 1,
            "einsum(): subscript {} has size {n} for operand 1 which does not broadcast with previously seen size {m}",
            char::from_u32(*l).unwrap_or('?')
        );
        Ok(m.max(n))
    };
    let sizes = |ls: &[u32]| ls.iter().map(size).collect::<Result<Dims>>();
    let (sb, ss, sl, sr) = (
        sizes(&batch)?,
        sizes(&summed)?,
        sizes(&left)?,
        sizes(&right)?,
    );
    let count = |s: &Dims| s.iter().product::<usize>();
    let arrange = |(x, ls): &Labelled, groups: [(&[u32], &Dims); 3]| -> Result<Tensor> {
        let order: Vec<i64> = groups
            .iter()
            .flat_map(|(g, _)| {
                g.iter()
                    .map(|l| ls.iter().position(|k| k == l).expect("its own label") as i64)
            })
            .collect();
        let full: Dims = groups.iter().flat_map(|(_, s)| s.iter().copied()).collect();
        let x = expand_to(&permute(x, &order)?, &full)?;
        reshape_to(
            &x,
            &[count(groups[0].1), count(groups[1].1), count(groups[2].1)],
        )
    };
    let x = arrange(&a, [(&batch, &sb), (&left, &sl), (&summed, &ss)])?;
    let y = arrange(&b, [(&batch, &sb), (&summed, &ss), (&right, &sr)])?;
    let product = bmm(&x, &y)?;
    let shape: Dims = sb.iter().chain(&sl).chain(&sr).copied().collect();
    let labels = batch.into_iter().chain(left).chain(right).collect();
    Ok((reshape_to(&product, &shape)?, labels))
}

/// `torch.tensordot`
pub static TENSORDOT: Op = Op {
    signature: "tensordot(a, b, dims=2, out=None) -> Tensor",
    doc: "Sums of products over the given dimensions of two tensors, or over the last and first so many.",
    examples: &[(
        "torch.tensordot(torch.ones(2, 3), torch.ones(3, 2), dims=1).shape",
        "torch.Size([2, 2])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.tensor(&[3, 2]).into(),
            Arg::Int(1),
        ])]
    },
    call: |a| {
        let (x, y) = (a.tensor("a")?, a.tensor("b")?);
        let (from, to) = tensordot_dims(a, x)?;
        Ok(tensordot(x, y, &from, &to)?.into())
    },
    ..Op::BASE
};

fn tensordot_dims(a: &Args, x: &Tensor) -> Result<(Vec<i64>, Vec<i64>)> {
    match a.get("dims").and_then(Arg::items) {
        Some([first, second]) => {
            let list = |arg: &Arg| -> Vec<i64> {
                match arg.items() {
                    Some(items) => items.iter().filter_map(Arg::as_int).collect(),
                    None => arg.as_int().into_iter().collect(),
                }
            };
            Ok((list(first), list(second)))
        }
        Some(_) => bail!("tensordot expects dims to be a pair of lists"),
        None => {
            let n = a.int("dims")?;
            ensure!(n >= 0, "tensordot expects dims >= 0, but got dims={n}");
            ensure!(
                n as usize <= x.ndim(),
                "tensordot expects dims < ndim_a or ndim_b, but got dims={n}"
            );
            Ok(((-n..0).collect(), (0..n).collect()))
        }
    }
}

/// `torch.tensordot`
pub fn tensordot(a: &Tensor, b: &Tensor, from: &[i64], to: &[i64]) -> Result<Tensor> {
    ensure!(
        from.len() == to.len(),
        "both dimension lists should have same length"
    );
    let (da, db) = (wrap_dims(from, a.ndim())?, wrap_dims(to, b.ndim())?);
    let (sa, sb) = (a.shape(), b.shape());
    for (x, y) in da.iter().zip(&db) {
        ensure!(
            sa[*x] == sb[*y] || sa[*x] == 1 || sb[*y] == 1,
            "contracted dimensions need to match, but first has size {} in dim {x} and second has size {} in dim {y}",
            sa[*x],
            sb[*y]
        );
    }
    // A dimension of size 1 meets the sum over the other's.
    let summed = |t: &Tensor, own: &Dims, other: &Dims, size: &Dims| -> Result<Tensor> {
        let wide = own
            .iter()
            .zip(other)
            .filter(|(x, y)| t.shape()[**x] != size[**y] && size[**y] == 1);
        let dims: Vec<i64> = wide.map(|(x, _)| *x as i64).collect();
        if dims.is_empty() {
            return Ok(t.clone());
        }
        sum_dims(t, Some(&dims), true, Some(t.dtype()))
    };
    let (a, b) = (&summed(a, &da, &db, &sb)?, &summed(b, &db, &da, &sa)?);
    let (sa, sb) = (a.shape(), b.shape());
    let free = |n: usize, used: &Dims| (0..n).filter(|d| !used.contains(d)).collect::<Dims>();
    let (fa, fb) = (free(sa.len(), &da), free(sb.len(), &db));
    let order = |parts: [&Dims; 2]| {
        parts
            .iter()
            .flat_map(|p| p.iter().map(|d| *d as i64))
            .collect::<Vec<i64>>()
    };
    let count = |shape: &Dims, dims: &Dims| dims.iter().map(|d| shape[*d]).product::<usize>();
    let k = count(&sa, &da);
    let x = reshape_to(&permute(a, &order([&fa, &da]))?, &[count(&sa, &fa), k])?;
    let y = reshape_to(&permute(b, &order([&db, &fb]))?, &[k, count(&sb, &fb)])?;
    let shape: Dims = fa
        .iter()
        .map(|d| sa[*d])
        .chain(fb.iter().map(|d| sb[*d]))
        .collect();
    reshape_to(&mm(&x, &y)?, &shape)
}

/// `torch.trace`
pub static TRACE: Op = Op {
    signature: "trace(input) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "TraceBackward0",
    doc: "The sum of a matrix's diagonal.",
    examples: &[(
        "torch.trace(torch.tensor([[1., 2.], [3., 4.]]))",
        "tensor(5.)",
    )],
    samples: |m| vec![sample([m.tensor(&[3, 4]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            x.ndim() == 2,
            "trace: expected a matrix, but got tensor with dim {}",
            x.ndim()
        );
        Ok(sum(&diagonal(x, 0, 0, 1)?)?.into())
    },
    ..Op::BASE
};

/// `torch.kron`
pub static KRON: Op = Op {
    signature: "kron(input, other, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "UnsafeViewBackward0",
    doc: "The Kronecker product.",
    examples: &[(
        "torch.kron(torch.tensor([1, 2]), torch.tensor([1, 10]))",
        "tensor([ 1, 10,  2, 20])",
    )],
    samples: |m| pairs(m, &[(&[2, 2], &[2, 3])]),
    call: |a| {
        let (x, y) = (a.tensor("input")?, a.tensor("other")?);
        let n = x.ndim().max(y.ndim());
        let pad = |t: &Tensor| {
            let mut shape = Dims::from_elem(1, n - t.ndim());
            shape.extend_from_slice(&t.shape());
            shape
        };
        let (sx, sy) = (pad(x), pad(y));
        let wide = |s: &Dims, first: bool| -> Dims {
            s.iter()
                .flat_map(|v| if first { [*v, 1] } else { [1, *v] })
                .collect()
        };
        let product = mul(
            &reshape_to(x, &wide(&sx, true))?,
            &reshape_to(y, &wide(&sy, false))?,
        )?;
        let shape: Dims = sx.iter().zip(&sy).map(|(a, b)| a * b).collect();
        Ok(reshape_to(&product, &shape)?.into())
    },
    ..Op::BASE
};

/// `torch.cross`
pub static CROSS: Op = Op {
    signature: "cross(input, other, dim=None, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "LinalgCrossBackward0",
    doc: "The cross product of vectors of three.",
    examples: &[(
        "torch.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]))",
        "tensor([0, 0, 1])",
    )],
    samples: |m| pairs(m, &[(&[3], &[3]), (&[2, 3], &[2, 3])]),
    call: |a| {
        let (x, y) = (a.tensor("input")?, a.tensor("other")?);
        let dim = match a.opt_int("dim")? {
            Some(d) => d,
            None => match x.shape().iter().position(|n| *n == 3) {
                Some(d) => d as i64,
                None => bail!("no dimension of size 3 in input"),
            },
        };
        Ok(cross(x, y, dim)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.cross`
pub static LINALG_CROSS: Op = Op {
    signature: "linalg_cross(input, other, *, dim=-1, out=None) -> Tensor",
    faces: LINALG,
    node: "LinalgCrossBackward0",
    doc: "The cross product of vectors of three.",
    examples: &[(
        "torch.linalg.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]))",
        "tensor([0, 0, 1])",
    )],
    samples: |m| pairs(m, &[(&[3], &[3])]),
    call: |a| Ok(cross(a.tensor("input")?, a.tensor("other")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

/// `torch.cross`
pub fn cross(x: &Tensor, y: &Tensor, dim: i64) -> Result<Tensor> {
    ensure!(
        x.ndim() == y.ndim(),
        "linalg.cross: inputs must have the same number of dimensions."
    );
    let d = wrap_dim(dim, x.ndim())?;
    let size = |t: &Tensor| t.shape().get(d).copied().unwrap_or(1);
    ensure!(
        size(x) == 3 && size(y) == 3,
        "linalg.cross: inputs dimension {dim} must have length 3. Got {} and {}",
        size(x),
        size(y)
    );
    let shape = broadcast_shapes(&x.shape(), &y.shape())?;
    let (x, y) = (expand_to(x, &shape)?, expand_to(y, &shape)?);
    let turned = |t: &Tensor, by: i64| roll(t, &[by], &[d as i64]);
    sub(
        &mul(&turned(&x, -1)?, &turned(&y, 1)?)?,
        &mul(&turned(&x, 1)?, &turned(&y, -1)?)?,
    )
}
