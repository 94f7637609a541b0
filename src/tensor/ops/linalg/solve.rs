//! Determinants, inverses, linear systems, powers of matrices.

use super::matmul::matmul;
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, Dims, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{expand_to, eye, mul, neg, squeeze_dim, transpose, unsqueeze};

fn squares(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[3, 3]).into()]),
        sample([m.tensor(&[2, 2, 2]).into()]),
    ]
}

macro_rules! both {
    ($( $STATIC:ident $LINALG:ident $short:literal $long:literal $aliases:expr, $doc:literal $example:literal $prints:literal $f:ident; )*) => {$(
        #[doc = concat!("`", $short, "`")]
        pub static $STATIC: Op = Op {
            signature: $short,
            aliases: $aliases,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: squares,
            call: |a| $f(a, "input"),
            ..Op::BASE
        };
        #[doc = concat!("`", $long, "`")]
        pub static $LINALG: Op = Op {
            signature: $long,
            faces: LINALG,
            doc: $doc,
            samples: squares,
            call: |a| $f(a, "A"),
            ..Op::BASE
        };
    )*};
}

both! {
    DET LINALG_DET "det(input) -> Tensor" "linalg_det(A, *, out=None) -> Tensor" &[], "The determinants of square matrices."
        "torch.det(torch.tensor([[1., 2.], [3., 4.]]))" "tensor(-2.)" call_det;
    INVERSE LINALG_INV "inverse(input, *, out=None) -> Tensor" "linalg_inv(A, *, out=None) -> Tensor" &[],
        "The inverses of square matrices."
        "torch.inverse(torch.tensor([[2., 0.], [0., 4.]]))" "tensor([[0.5000, 0.0000],\n        [0.0000, 0.2500]])" call_inverse;
    SLOGDET LINALG_SLOGDET "slogdet(input) -> (sign, logabsdet)" "linalg_slogdet(A, *, out=None) -> (sign, logabsdet)" &[],
        "The sign and the logarithm of the size of determinants."
        "torch.slogdet(torch.eye(2)).sign" "tensor(1.)" call_slogdet;
}

fn call_det(a: &Args, name: &str) -> Result<Out> {
    Ok(det(a.tensor(name)?)?.into())
}

fn call_inverse(a: &Args, name: &str) -> Result<Out> {
    Ok(inverse(a.tensor(name)?)?.into())
}

fn call_slogdet(a: &Args, name: &str) -> Result<Out> {
    let x = a.tensor(name)?;
    let d = det(x)?;
    let sign = crate::tensor::ops::sign(&d)?.detach();
    let size = crate::tensor::ops::log(&crate::tensor::ops::abs(&d)?)?;
    Ok(Out::Named {
        name: "slogdet",
        fields: &["sign", "logabsdet"],
        values: vec![sign, size],
    })
}

fn check_square(x: &Tensor, name: &str) -> Result<usize> {
    let shape = x.shape();
    ensure!(
        shape.len() >= 2,
        "{name}: The input tensor A must have at least 2 dimensions."
    );
    let (m, n) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    ensure!(
        m == n,
        "{name}: A must be batches of square matrices, but they are {m} by {n} matrices"
    );
    ensure!(
        x.dtype().is_floating_point(),
        "{name}: Expected a floating point or complex tensor as input. Got {}",
        x.dtype().scalar_name()
    );
    Ok(n)
}

/// Elimination with row exchanges, in double: `a` becomes upper triangular, `b` follows. Gives the determinant.
fn eliminate(a: &mut [f64], b: &mut [f64], n: usize, columns: usize) -> f64 {
    let mut det = 1.0;
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|i, j| a[i * n + k].abs().total_cmp(&a[j * n + k].abs()))
            .unwrap_or(k);
        if a[pivot * n + k] == 0.0 {
            return 0.0;
        }
        if pivot != k {
            (0..n).for_each(|c| a.swap(k * n + c, pivot * n + c));
            (0..columns).for_each(|c| b.swap(k * columns + c, pivot * columns + c));
            det = -det;
        }
        det *= a[k * n + k];
        for i in k + 1..n {
            let factor = a[i * n + k] / a[k * n + k];
            if factor != 0.0 {
                (k..n).for_each(|c| a[i * n + c] -= factor * a[k * n + c]);
                (0..columns).for_each(|c| b[i * columns + c] -= factor * b[k * columns + c]);
            }
        }
    }
    det
}

/// Back substitution after [`eliminate`].
fn substitute(a: &[f64], b: &mut [f64], n: usize, columns: usize) {
    for k in (0..n).rev() {
        for c in 0..columns {
            let known: f64 = (k + 1..n).map(|j| a[k * n + j] * b[j * columns + c]).sum();
            b[k * columns + c] = (b[k * columns + c] - known) / a[k * n + k];
        }
    }
}

/// `torch.det`
pub fn det(x: &Tensor) -> Result<Tensor> {
    let n = check_square(x, "linalg.det")?;
    let shape = x.shape();
    let mut values = x.to_vec::<f64>()?;
    let count: usize = shape[..shape.len() - 2].iter().product();
    let dets: Vec<f64> = (0..count)
        .map(|i| eliminate(&mut values[i * n * n..(i + 1) * n * n], &mut [], n, 0))
        .collect();
    let out = Array::from_vec(dets, &shape[..shape.len() - 2]).to_dtype(x.dtype())?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LinalgDetBackward0",
        [x],
        out,
        kept,
        |g, (x, y), c| {
            let scale = mul(g, &c.get(y)?)?;
            let scale = unsqueeze(&unsqueeze(&scale, -1)?, -1)?;
            Ok([Some(mul(
                &scale,
                &transpose(&inverse(&c.get(x)?)?, -2, -1)?,
            )?)])
        },
    ))
}

/// `torch.inverse`
pub fn inverse(x: &Tensor) -> Result<Tensor> {
    let n = check_square(x, "linalg.inv")?;
    let shape = x.shape();
    let id = eye(n, n, x.dtype())?;
    let out = solve_array(
        &x.array(),
        &expand_to(&id, &shape)?.array(),
        n,
        n,
        "linalg.inv",
    )?;
    let kept = Saved::result(&out);
    Ok(record("LinalgInvExBackward0", [x], out, kept, |g, y, c| {
        let back = transpose(&c.get(y)?, -2, -1)?;
        Ok([Some(neg(&matmul(&matmul(&back, g)?, &back)?)?)])
    }))
}

fn solve_array(a: &Array, b: &Array, n: usize, columns: usize, name: &str) -> Result<Array> {
    let (mut left, mut right) = (a.to_vec::<f64>()?, b.to_vec::<f64>()?);
    let batch: usize = a.shape()[..a.ndim() - 2].iter().product();
    for i in 0..batch {
        let l = &mut left[i * n * n..(i + 1) * n * n];
        let r = &mut right[i * n * columns..(i + 1) * n * columns];
        let det = eliminate(l, r, n, columns);
        let singular = (0..n).find(|k| l[k * n + k] == 0.0).map_or(n, |k| k + 1);
        let place = if a.ndim() > 2 {
            format!("(Batch element {i}): ")
        } else {
            String::new()
        };
        ensure!(
            det != 0.0 || n == 0,
            "{name}: {place}The {}, because the input matrix is singular.",
            if name == "linalg.inv" {
                format!("diagonal element {singular} is zero, the inversion could not be completed")
            } else {
                "solver failed".into()
            }
        );
        substitute(l, r, n, columns);
    }
    Array::from_vec(right, b.shape()).to_dtype(a.dtype())
}

/// `torch.linalg.solve`
pub static LINALG_SOLVE: Op = Op {
    signature: "linalg_solve(A, B, *, left=True, out=None) -> Tensor",
    faces: LINALG,
    doc: "The solution X of A X = B.",
    examples: &[(
        "torch.linalg.solve(torch.tensor([[2.]]), torch.tensor([4.]))",
        "tensor([2.])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[3, 3]).into(), m.tensor(&[3, 2]).into()]),
            sample([m.tensor(&[3, 3]).into(), m.tensor(&[3]).into()]),
        ]
    },
    call: |a| {
        let (x, b) = (a.tensor("A")?, a.tensor("B")?);
        if a.bool("left")? {
            return Ok(solve(x, b)?.into());
        }
        let turned = solve(&transpose(x, -2, -1)?, &transpose(b, -2, -1)?)?;
        Ok(transpose(&turned, -2, -1)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.solve`
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let n = check_square(a, "linalg.solve")?;
    let (sa, sb) = (a.shape(), b.shape());
    if b.ndim() == 1 || b.ndim() + 1 == a.ndim() && sb[..] == sa[..sa.len() - 1] {
        return squeeze_dim(&solve(a, &unsqueeze(b, -1)?)?, -1);
    }
    ensure!(
        sb[sb.len() - 2] == n,
        "linalg.solve: Incompatible shapes of A and B for the equation AX = B ({n}x{n} and {}x{})",
        sb[sb.len() - 2],
        sb[sb.len() - 1]
    );
    let columns = sb[sb.len() - 1];
    let batch =
        crate::tensor::array::layout::broadcast_shapes(&sa[..sa.len() - 2], &sb[..sb.len() - 2])?;
    let full = |rows: usize, columns: usize| -> Dims {
        batch.iter().copied().chain([rows, columns]).collect()
    };
    let (a, b) = (expand_to(a, &full(n, n))?, expand_to(b, &full(n, columns))?);
    let out = solve_array(&a.array(), &b.array(), n, columns, "torch.linalg.solve")?;
    let kept = (Saved::input(&a), Saved::result(&out));
    Ok(record(
        "LinalgSolveExBackward0",
        [&a, &b],
        out,
        kept,
        |g, (a, y), c| {
            let for_b = solve(&transpose(&c.get(a)?, -2, -1)?, g)?;
            let for_a = || neg(&matmul(&for_b, &transpose(&c.get(y)?, -2, -1)?)?);
            Ok([c.when(0, for_a)?, c.when(1, || Ok(for_b.clone()))?])
        },
    ))
}

/// `torch.matrix_power`
pub static MATRIX_POWER: Op = Op {
    signature: "matrix_power(input, n, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A square matrix multiplied by itself; negative powers are those of the inverse.",
    examples: &[(
        "torch.matrix_power(torch.tensor([[2.]]), 3)",
        "tensor([[8.]])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[2, 2]).into(), Arg::Int(3)])]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, n) = (a.tensor("input")?, a.int("n")?);
        let size = check_square(x, "linalg.matrix_power")?;
        let base = if n < 0 { inverse(x)? } else { x.clone() };
        let mut out: Option<Tensor> = None;
        let (mut square, mut rest) = (base, n.unsigned_abs());
        while rest > 0 {
            if rest & 1 == 1 {
                out = Some(match out {
                    None => square.clone(),
                    Some(o) => matmul(&o, &square)?,
                });
            }
            rest >>= 1;
            if rest > 0 {
                square = matmul(&square, &square)?;
            }
        }
        match out {
            Some(o) => Ok(o.into()),
            None => Ok(crate::tensor::ops::clone(&expand_to(
                &eye(size, size, x.dtype())?,
                &x.shape(),
            )?)?
            .into()),
        }
    },
    ..Op::BASE
};
