//! Matrix products.

use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::few;
use crate::tensor::array::kernels::matmul as kernels;
use crate::tensor::array::layout::broadcast_shapes;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::{Saved, Tensor, record, requires_recording};
use crate::tensor::ops::complex::complex_product;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::{expand_to, mul, reshape_to, sum, t, transpose, unsafe_view, unsqueeze};

pub(super) fn pairs(m: &Make, shapes: &[(&[usize], &[usize])]) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        return Vec::new();
    }
    shapes
        .iter()
        .map(|(a, b)| sample([m.tensor(a).into(), m.tensor(b).into()]))
        .collect()
}

/// `torch.mm`
pub static MM: Op = Op {
    signature: "mm(input, mat2, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The product of two matrices.",
    examples: &[(
        "torch.mm(torch.tensor([[1., 2.]]), torch.tensor([[3.], [4.]]))",
        "tensor([[11.]])",
    )],
    samples: |m| pairs(m, &[(&[2, 3], &[3, 4]), (&[2, 0], &[0, 3])]),
    call: |a| Ok(mm(a.tensor("input")?, a.tensor("mat2")?)?.into()),
    ..Op::BASE
};

/// `torch.matmul`
pub static MATMUL: Op = Op {
    signature: "matmul(input, other, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The product of vectors, matrices or batches of matrices.",
    examples: &[(
        "torch.matmul(torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
        "tensor(11.)",
    )],
    samples: |m| {
        pairs(
            m,
            &[
                (&[3], &[3]),
                (&[2, 3], &[3]),
                (&[3], &[3, 2]),
                (&[2, 3], &[3, 2]),
                (&[2, 2, 3], &[3, 2]),
                (&[2, 1, 2, 3], &[3, 3, 2]),
                (&[2, 2, 3], &[3]),
            ],
        )
    },
    call: |a| Ok(matmul(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};

pub(super) fn same_dtype(a: &Tensor, b: &Tensor) -> Result<()> {
    let (x, y) = (a.dtype(), b.dtype());
    ensure!(
        x == y,
        "expected m1 and m2 to have the same dtype, but got: {} != {}",
        x.cpp_name(),
        y.cpp_name()
    );
    ensure!(
        x != DType::Bool,
        NotImplemented,
        "\"addmm_impl_cpu_\" not implemented for 'Bool'"
    );
    Ok(())
}

/// The values of a matrix product.
pub fn mm_array(a: &Array, b: &Array) -> Result<Array> {
    let (m, n) = (a.shape()[0], b.shape()[1]);
    let batched = |x: &Array| x.with_layout(x.layout().unsqueeze(0));
    kernels::bmm(&batched(a), &batched(b))?.reshape(&[m, n])
}

/// `torch.mm`
pub fn mm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype().is_complex() && a.dtype() == b.dtype() {
        return complex_product(a, b, &mm);
    }
    ensure!(
        a.ndim() == 2,
        "mm: self must be a matrix, got {}-D tensor",
        a.ndim()
    );
    ensure!(
        b.ndim() == 2,
        "mm: mat2 must be a matrix, got {}-D tensor",
        b.ndim()
    );
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        sa[1] == sb[0],
        "mm: mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
        sa[0],
        sa[1],
        sb[0],
        sb[1]
    );
    same_dtype(a, b)?;
    let out = mm_array(&a.array(), &b.array())?;
    let kept = keep_factors(a, b);
    let columns = (in_columns(a), in_columns(b));
    Ok(record(
        "MmBackward0",
        [a, b],
        out,
        kept,
        move |g, (a, b), c| {
            Ok([
                c.when(0, || {
                    left_gradient(g, &c.get(b.as_ref().expect("kept"))?, columns.0)
                })?,
                c.when(1, || {
                    right_gradient(g, &c.get(a.as_ref().expect("kept"))?, columns.1)
                })?,
            ])
        },
    ))
}

/// The gradient for the left factor; laid out in columns if the factor was (`mm_mat1_backward` in PyTorch).
pub(super) fn left_gradient(g: &Tensor, right: &Tensor, columns: bool) -> Result<Tensor> {
    if columns {
        t(&mm(right, &t(g)?)?)
    } else {
        mm(g, &t(right)?)
    }
}

/// The gradient for the right factor; laid out in columns if the factor was, so that a transposed weight gets a
/// gradient that lies as the weight itself does.
pub(super) fn right_gradient(g: &Tensor, left: &Tensor, columns: bool) -> Result<Tensor> {
    if columns {
        t(&mm(&t(g)?, left)?)
    } else {
        mm(&t(left)?, g)
    }
}

/// Whether a matrix lies column by column.
pub(super) fn in_columns(x: &Tensor) -> bool {
    let array = x.array();
    let layout = array.layout();
    layout.strides[0] == 1 && layout.strides[1] == layout.shape[0] && !layout.is_contiguous()
}

/// Keeps each factor if the other one wants a gradient.
pub(super) fn keep_factors(a: &Tensor, b: &Tensor) -> (Option<Saved>, Option<Saved>) {
    (
        requires_recording(&[b]).then(|| Saved::input(a)),
        requires_recording(&[a]).then(|| Saved::input(b)),
    )
}

/// `torch.bmm`
pub fn bmm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype().is_complex() && a.dtype() == b.dtype() {
        return complex_product(a, b, &bmm);
    }
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(sa.len() == 3 && sb.len() == 3, "batch1 must be a 3D tensor");
    ensure!(
        sa[0] == sb[0] && sa[2] == sb[1],
        "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
        sa[0],
        sa[2],
        sb[0],
        sb[1]
    );
    same_dtype(a, b)?;
    let out = kernels::bmm(&a.array(), &b.array())?;
    let kept = keep_factors(a, b);
    Ok(record("BmmBackward0", [a, b], out, kept, |g, (a, b), c| {
        Ok([
            c.when(0, || {
                bmm(g, &transpose(&c.get(b.as_ref().expect("kept"))?, 1, 2)?)
            })?,
            c.when(1, || {
                bmm(&transpose(&c.get(a.as_ref().expect("kept"))?, 1, 2)?, g)
            })?,
        ])
    }))
}

/// `torch.dot`
pub fn dot(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype().is_complex() && a.dtype() == b.dtype() {
        return complex_product(a, b, &dot);
    }
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        sa.len() == 1 && sb.len() == 1,
        "1D tensors expected, but got {}D and {}D tensors",
        sa.len(),
        sb.len()
    );
    ensure!(
        a.dtype() == b.dtype(),
        "dot : expected both vectors to have same dtype, but found {} and {}",
        a.dtype().scalar_name(),
        b.dtype().scalar_name()
    );
    ensure!(
        sa == sb,
        "inconsistent tensor size, expected tensor [{}] and src [{}] to have the same number of elements, but got {} and {} elements respectively",
        sa[0],
        sb[0],
        sa[0],
        sb[0]
    );
    let product = match a.dtype() {
        DType::Float32 => {
            let (x, y) = (a.array().contiguous()?, b.array().contiguous()?);
            Array::scalar(few::inner(&x.slice::<f32>(), &y.slice::<f32>()))
        }
        DType::Float64 => dot_of_reals(&a.array(), &b.array())?,
        dtype => crate::tensor::core::no_grad(|| sum(&mul(a, b)?))?
            .to_array()
            .to_dtype(dtype)?,
    };
    let kept = keep_factors(a, b);
    Ok(record(
        "DotBackward0",
        [a, b],
        product,
        kept,
        |g, (a, b), c| {
            Ok([
                c.when(0, || mul(g, &c.get(b.as_ref().expect("kept"))?))?,
                c.when(1, || mul(g, &c.get(a.as_ref().expect("kept"))?))?,
            ])
        },
    ))
}

/// `torch.mv`
pub fn mv(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.dtype().is_complex() && a.dtype() == b.dtype() {
        return complex_product(a, b, &mv);
    }
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        sa.len() == 2 && sb.len() == 1,
        "vector + matrix @ vector expected, got 1, {}, {}",
        sa.len(),
        sb.len()
    );
    ensure!(
        sa[1] == sb[0],
        "size mismatch, got input ({}), mat ({}x{}), vec ({})",
        sa[0],
        sa[0],
        sa[1],
        sb[0]
    );
    same_dtype(a, b)?;
    let column = b.array().with_layout(b.array().layout().unsqueeze(1));
    let out = mm_array(&a.array(), &column)?.reshape(&[sa[0]])?;
    let kept = keep_factors(a, b);
    Ok(record("MvBackward0", [a, b], out, kept, |g, (a, b), c| {
        Ok([
            c.when(0, || {
                mul(&unsqueeze(g, 1)?, &c.get(b.as_ref().expect("kept"))?)
            })?,
            c.when(1, || mv(&t(&c.get(a.as_ref().expect("kept"))?)?, g))?,
        ])
    }))
}

/// `torch.matmul`
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (na, nb) = (a.ndim(), b.ndim());
    ensure!(
        na > 0 && nb > 0,
        "both arguments to matmul need to be at least 1D, but they are {na}D and {nb}D"
    );
    match (na, nb) {
        (1, 1) => return dot(a, b),
        (2, 1) => return mv(a, b),
        (1, 2) => {
            let row = unsqueeze(a, 0)?;
            return crate::tensor::ops::squeeze_dim(&mm(&row, b)?, 0);
        }
        (2, 2) => return mm(a, b),
        _ => {}
    }
    let (sa, sb) = (a.shape(), b.shape());
    // A batch times one matrix (or vector) is one product with the batch folded into the rows.
    if na >= 3 && nb <= 2 {
        let k = sa[na - 1];
        let rows = sa[..na - 1].iter().product();
        let folded = reshape_to(a, &[rows, k])?;
        let mut shape = Dims::from_slice(&sa[..na - 1]);
        if nb == 1 {
            return reshape_to(&mv(&folded, b)?, &shape);
        }
        shape.push(sb[1]);
        return unsafe_view(&mm(&folded, b)?, &shape);
    }
    batched(a, b)
}

fn batched(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (na, nb) = (a.ndim(), b.ndim());
    let a = if na == 1 { unsqueeze(a, 0)? } else { a.clone() };
    let b = if nb == 1 { unsqueeze(b, 1)? } else { b.clone() };
    let (sa, sb) = (a.shape(), b.shape());
    let (m, k, n) = (sa[sa.len() - 2], sa[sa.len() - 1], sb[sb.len() - 1]);
    let batch = broadcast_shapes(&sa[..sa.len() - 2], &sb[..sb.len() - 2])?;
    let count: usize = batch.iter().product();
    let stretch = |x: &Tensor, rows: usize, columns: usize| {
        let mut shape = batch.clone();
        shape.extend([rows, columns]);
        reshape_to(&expand_to(x, &shape)?, &[count, rows, columns])
    };
    let product = bmm(&stretch(&a, m, k)?, &stretch(&b, sb[sb.len() - 2], n)?)?;
    let mut shape = batch.clone();
    if na > 1 {
        shape.push(m);
    }
    if nb > 1 {
        shape.push(n);
    }
    unsafe_view(&product, &shape)
}

macro_rules! products {
    ($( $STATIC:ident $name:ident $signature:literal $second:literal $doc:literal $example:literal $prints:literal $shapes:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| pairs(m, $shapes),
            call: |a| Ok($name(a.tensor("input")?, a.tensor($second)?)?.into()),
            ..Op::BASE
        };
    )*};
}

products! {
    BMM bmm "bmm(input, mat2, *, out=None) -> Tensor" "mat2" "The products of two batches of matrices."
        "torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape" "torch.Size([2, 1, 1])" &[(&[2, 2, 3], &[2, 3, 2])];
    DOT dot "dot(input, tensor, *, out=None) -> Tensor" "tensor" "The sum of the products of two vectors' elements."
        "torch.dot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))" "tensor(11.)" &[(&[3], &[3])];
    INNER inner "inner(input, other, *, out=None) -> Tensor" "other" "Sums of products over the last dimensions."
        "torch.inner(torch.tensor([1., 2.]), torch.tensor([3., 4.]))" "tensor(11.)" &[(&[3], &[3]), (&[2, 3], &[4, 3])];
    MV mv "mv(input, vec, *, out=None) -> Tensor" "vec" "The product of a matrix and a vector."
        "torch.mv(torch.tensor([[1., 2.]]), torch.tensor([3., 4.]))" "tensor([11.])" &[(&[2, 3], &[3])];
    OUTER outer "outer(input, vec2, *, out=None) -> Tensor" "vec2" "All products of the elements of two vectors."
        "torch.outer(torch.tensor([1., 2.]), torch.tensor([3., 4.]))" "tensor([[3., 4.],\n        [6., 8.]])" &[(&[2], &[3])];
}

fn dot_of_reals(a: &Array, b: &Array) -> Result<Array> {
    let (a, b) = (a.contiguous()?, b.contiguous()?);
    Ok(dispatch_float!(a.dtype(), T => {
        Array::scalar(crate::tensor::ops::dense::vectors::<T>(&a.slice::<T>(), &b.slice::<T>()))
    }, other => unreachable!("a float type")))
}

/// `torch.inner`
pub fn inner(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return mul(a, b);
    }
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        sa.last() == sb.last(),
        "inner() the last dimension must match on both input tensors but got shapes {} and {}",
        crate::tensor::array::layout::show(&sa),
        crate::tensor::array::layout::show(&sb)
    );
    crate::tensor::ops::tensordot(a, b, &[-1], &[-1])
}

/// `torch.outer`
pub fn outer(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    ensure!(
        a.ndim() == 1,
        "outer: Expected 1-D argument self, but got {}-D",
        a.ndim()
    );
    ensure!(
        b.ndim() == 1,
        "outer: Expected 1-D argument vec2, but got {}-D",
        b.ndim()
    );
    mul(&unsqueeze(a, 1)?, b)
}
