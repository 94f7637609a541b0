//! `torch.fft`: all transforms are made of one, that of complex numbers along a dimension.

use super::rows::{Job, transform};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{wrap_dims, wrap_own_dim};
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::record::named;
use crate::tensor::core::{Tensor, default_dtype, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::complex::real;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FFT, Op};
use crate::tensor::ops::{cat, mul, roll, slice, to_dtype};

/// The transform of complex numbers along a dimension, times `scale`. Its gradient is the transform the other way.
pub(super) fn c2c(z: &Tensor, dim: usize, forward: bool, scale: f64) -> Result<Tensor> {
    let job = Job {
        n: z.shape()[dim],
        forward,
        scale,
        real: false,
        half: false,
    };
    let out = transform(&z.array(), dim, job)?;
    Ok(record("FftC2CBackward0", [z], out, (), move |g, (), _| {
        let g = to_dtype(g, g.dtype().to_complex())?;
        Ok([Some(c2c(&g, dim, !forward, scale)?)])
    }))
}

/// The transform of real numbers, or half of it: the rest is its conjugate.
pub(super) fn r2c(x: &Tensor, dim: usize, half: bool, forward: bool, scale: f64) -> Result<Tensor> {
    let n = x.shape()[dim];
    let job = Job {
        n,
        forward,
        scale,
        real: false,
        half,
    };
    let out = transform(&x.array(), dim, job)?;
    Ok(record("FftR2CBackward0", [x], out, (), move |g, (), _| {
        let g = sized(&to_dtype(g, g.dtype().to_complex())?, dim, n)?;
        Ok([Some(real(&c2c(&g, dim, !forward, scale)?)?)])
    }))
}

/// The real transform of `n` complex numbers, of which the first half is given: the rest is its conjugate.
pub(super) fn c2r(z: &Tensor, dim: usize, n: usize, forward: bool, scale: f64) -> Result<Tensor> {
    let job = Job {
        n,
        forward,
        scale,
        real: true,
        half: false,
    };
    let out = transform(&z.array(), dim, job)?;
    Ok(record("FftC2RBackward0", [z], out, (), move |g, (), _| {
        let g = r2c(g, dim, true, !forward, scale)?;
        // What also stands for its conjugate counts twice.
        let (doubled, own) = (n.div_ceil(2), n / 2 + 1);
        let parts = [
            slice(&g, dim, 0, 1, 1),
            mul(&slice(&g, dim, 1, doubled - 1, 1), 2.0)?,
            slice(&g, dim, doubled, own - doubled, 1),
        ];
        Ok([Some(cat(&parts, dim as i64)?)])
    }))
}

/// `norm=`: the factor for signals of `n` numbers.
pub(super) fn factor(a: &Args, n: usize, forward: bool) -> Result<f64> {
    let n = n as f64;
    let whole = match a.opt_str("norm")? {
        None | Some("backward") => !forward,
        Some("forward") => forward,
        Some("ortho") => return Ok(1.0 / n.sqrt()),
        Some(other) => bail!("Invalid normalization mode: \"{other}\""),
    };
    Ok(if whole { 1.0 / n } else { 1.0 })
}

/// The input in a floating point type.
fn promoted(x: &Tensor, complex: bool) -> Result<Tensor> {
    let dtype = if x.dtype().is_differentiable() {
        x.dtype()
    } else {
        default_dtype()
    };
    ensure!(
        !dtype.is_small(),
        NotImplemented,
        "Unsupported dtype {}",
        dtype.scalar_name()
    );
    to_dtype(x, if complex { dtype.to_complex() } else { dtype })
}

fn real_only(x: &Tensor, name: &str) -> Result<Tensor> {
    ensure!(
        !x.dtype().is_complex(),
        Type,
        "{name} expects a real input tensor, but got {}",
        x.dtype().scalar_name()
    );
    promoted(x, false)
}

/// Cut or filled up with zeros to a length.
fn sized(x: &Tensor, dim: usize, n: usize) -> Result<Tensor> {
    let own = x.shape()[dim];
    if own >= n {
        return Ok(if own == n {
            x.clone()
        } else {
            slice(x, dim, 0, n, 1)
        });
    }
    let mut shape = x.shape();
    shape[dim] = n - own;
    let blank = Tensor::from_array(Array::zeros(&shape, x.dtype())?);
    cat(&[x.clone(), blank], dim as i64)
}

/// What a transform along several dimensions is told.
struct Signal {
    dims: Vec<usize>,
    sizes: Vec<usize>,
}

/// `dim` and `n` of a transform along one dimension.
fn one(a: &Args, x: &Tensor) -> Result<Signal> {
    let dim = a.int("dim")?;
    let d = wrap_own_dim(dim, x.ndim())?;
    let n = a.opt_int("n")?;
    Ok(Signal {
        dims: vec![d],
        sizes: vec![n.map_or(Ok(x.shape()[d]), length)?],
    })
}

fn length(n: i64) -> Result<usize> {
    ensure!(n >= 1, "Invalid number of data points ({n}) specified");
    Ok(n as usize)
}

/// `s` and `dim` of a transform along several dimensions; the last ones of two by default.
fn several(a: &Args, x: &Tensor, two: bool) -> Result<Signal> {
    let (s, dims) = (a.opt_ints("s")?, a.opt_ints("dim")?);
    let dims = match (dims, &s) {
        (Some(dims), _) => dims.to_vec(),
        (None, _) if two => vec![-2, -1],
        (None, Some(s)) => {
            ensure!(
                s.len() <= x.ndim(),
                "Got shape with {} values but input tensor only has {} dimensions.",
                s.len(),
                x.ndim()
            );
            (x.ndim() as i64 - s.len() as i64..x.ndim() as i64).collect()
        }
        (None, None) => (0..x.ndim() as i64).collect(),
    };
    if let (Some(d), 0) = (dims.first(), x.ndim()) {
        bail!(
            Index,
            "Dimension specified as {d} but tensor has no dimensions"
        );
    }
    let dims = wrap_dims(&dims, x.ndim()).map_err(|e| match e.kind() {
        crate::tensor::array::ErrorKind::Runtime => {
            crate::tensor::array::Error::runtime("FFT dims must be unique")
        }
        _ => e,
    })?;
    let own = |d: &usize| x.shape()[*d];
    let sizes = match s {
        None => dims.iter().map(own).collect(),
        Some(s) => {
            ensure!(
                s.len() == dims.len(),
                "When given, dim and shape arguments must have the same length"
            );
            let given = |(n, d): (&i64, &usize)| if *n == -1 { Ok(own(d)) } else { length(*n) };
            s.iter().zip(&dims).map(given).collect::<Result<_>>()?
        }
    };
    Ok(Signal {
        dims: dims.to_vec(),
        sizes,
    })
}

impl Signal {
    /// How many numbers are transformed together.
    fn count(&self) -> usize {
        self.sizes.iter().product()
    }

    fn resized(&self, x: &Tensor) -> Result<Tensor> {
        for n in &self.sizes {
            ensure!(*n >= 1, "Invalid number of data points ({n}) specified");
        }
        let mut x = x.clone();
        for (d, n) in self.dims.iter().zip(&self.sizes) {
            x = sized(&x, *d, *n)?;
        }
        Ok(x)
    }

    /// The last dimension apart from the others.
    fn last(&self, name: &str) -> Result<(usize, usize)> {
        match (self.dims.last(), self.sizes.last()) {
            (Some(d), Some(n)) => Ok((*d, *n)),
            _ => bail!("{name} must transform at least one axis"),
        }
    }
}

/// Transforms along all dimensions but the last `spare` ones.
fn along(z: Tensor, signal: &Signal, spare: usize, forward: bool, scale: f64) -> Result<Tensor> {
    let mut z = z;
    let count = signal.dims.len() - spare.min(signal.dims.len());
    for (i, d) in signal.dims[..count].iter().enumerate() {
        z = c2c(&z, *d, forward, if i == 0 { scale } else { 1.0 })?;
    }
    Ok(if count == 0 && scale != 1.0 {
        mul(&z, scale)?
    } else {
        z
    })
}

/// Complex to complex.
fn complex_to_complex(a: &Args, signal: &Signal, forward: bool) -> Result<Tensor> {
    let x = promoted(a.tensor("input")?, true)?;
    let scale = factor(a, signal.count(), forward)?;
    along(signal.resized(&x)?, signal, 0, forward, scale)
}

/// Complex to complex along one dimension. PyTorch transforms real numbers by way of half of their spectrum, and gives the
/// result its name.
fn along_one(a: &Args, x: &Tensor, forward: bool) -> Result<Tensor> {
    let signal = one(a, x)?;
    if x.dtype().is_complex() {
        return complex_to_complex(a, &signal, forward);
    }
    let x = signal.resized(&promoted(x, false)?)?;
    let scale = factor(a, signal.count(), forward)?;
    let y = r2c(&x, signal.dims[0], false, forward, scale)?;
    Ok(if forward {
        y
    } else {
        named("ConjBackward0", y)
    })
}

/// Real to half of the spectrum, whose other half is the conjugate; `forward` decides about the norm, and whether the result is
/// conjugated.
fn real_to_complex(a: &Args, signal: &Signal, name: &str, forward: bool) -> Result<Tensor> {
    let x = real_only(a.tensor("input")?, name)?;
    let (d, _) = signal.last(name)?;
    let x = signal.resized(&x)?;
    let scale = factor(a, signal.count(), forward)?;
    let z = r2c(&x, d, true, forward, scale)?;
    let y = along(z, signal, 1, forward, 1.0)?;
    Ok(match (forward, signal.dims.len()) {
        (true, _) => named("FftR2CBackward0", y),
        (false, 1) => named("ConjBackward0", y),
        (false, _) => y,
    })
}

/// Half of a spectrum to the real signal; backwards by default, and forwards for `hfft`.
fn complex_to_real(a: &Args, signal: &Signal, name: &str, forward: bool) -> Result<Tensor> {
    let x = promoted(a.tensor("input")?, true)?;
    let (d, n) = signal.last(name)?;
    let half = Signal {
        dims: signal.dims.clone(),
        sizes: {
            let mut sizes = signal.sizes.clone();
            *sizes.last_mut().expect("it has a last dimension") = n / 2 + 1;
            sizes
        },
    };
    let scale = factor(a, signal.count(), forward)?;
    let z = along(half.resized(&x)?, signal, 1, forward, 1.0)?;
    c2r(&z, d, n, forward, scale)
}

/// The number of real values that a half spectrum stands for.
fn doubled(mut signal: Signal, given: bool) -> Result<Signal> {
    if let (Some(n), false) = (signal.sizes.last_mut(), given) {
        let whole = 2 * (*n as i64 - 1);
        ensure!(
            whole >= 1,
            "Invalid number of data points ({whole}) specified"
        );
        *n = whole as usize;
    }
    Ok(signal)
}

fn vectors(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[2, 6]).into()]).rough(),
        sample([m.tensor(&[5, 2]).into(), Arg::Int(4), Arg::Int(0)]).rough(),
    ]
}

fn fields(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![sample([m.tensor(&[2, 3, 4]).into()]).rough()]
}

macro_rules! transforms {
    ($( $STATIC:ident $name:literal $signature:literal $samples:ident, $doc:literal |$a:ident, $x:ident| $body:expr; )*) => {$(
        #[doc = concat!("`torch.fft.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FFT,
            doc: $doc,
            samples: $samples,
            call: |$a| {
                let $x = $a.tensor("input")?;
                Ok(Tensor::into($body?))
            },
            ..Op::BASE
        };
    )*};
}

transforms! {
    FFT_FFT "fft" "fft_fft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The Fourier transform along a dimension."
        |a, x| along_one(a, x, true);
    FFT_FFT2 "fft2" "fft_fft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "The Fourier transform along two dimensions."
        |a, x| complex_to_complex(a, &several(a, x, true)?, true);
    FFT_FFTN "fftn" "fft_fftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "The Fourier transform along several dimensions."
        |a, x| complex_to_complex(a, &several(a, x, false)?, true);
    FFT_HFFT "hfft" "fft_hfft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The real transform of a signal, of which one half is given: the other is its conjugate."
        |a, x| complex_to_real(a, &doubled(one(a, x)?, a.get("n").is_some())?, "hfft", true);
    FFT_HFFT2 "hfft2" "fft_hfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "`hfft` along two dimensions."
        |a, x| complex_to_real(a, &doubled(several(a, x, true)?, a.get("s").is_some())?, "hfftn", true);
    FFT_HFFTN "hfftn" "fft_hfftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "`hfft` along several dimensions."
        |a, x| complex_to_real(a, &doubled(several(a, x, false)?, a.get("s").is_some())?, "hfftn", true);
    FFT_IFFT "ifft" "fft_ifft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The inverse of the Fourier transform along a dimension."
        |a, x| along_one(a, x, false);
    FFT_IFFT2 "ifft2" "fft_ifft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "The inverse of the Fourier transform along two dimensions."
        |a, x| complex_to_complex(a, &several(a, x, true)?, false);
    FFT_IFFTN "ifftn" "fft_ifftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "The inverse of the Fourier transform along several dimensions."
        |a, x| complex_to_complex(a, &several(a, x, false)?, false);
    FFT_IHFFT "ihfft" "fft_ihfft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The inverse of `hfft`."
        |a, x| real_to_complex(a, &one(a, x)?, "ihfft", false);
    FFT_IHFFT2 "ihfft2" "fft_ihfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "The inverse of `hfft2`."
        |a, x| real_to_complex(a, &several(a, x, true)?, "ihfftn", false);
    FFT_IHFFTN "ihfftn" "fft_ihfftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "The inverse of `hfftn`."
        |a, x| real_to_complex(a, &several(a, x, false)?, "ihfftn", false);
    FFT_IRFFT "irfft" "fft_irfft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The inverse of `rfft`."
        |a, x| complex_to_real(a, &doubled(one(a, x)?, a.get("n").is_some())?, "irfft", false);
    FFT_IRFFT2 "irfft2" "fft_irfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "The inverse of `rfft2`."
        |a, x| complex_to_real(a, &doubled(several(a, x, true)?, a.get("s").is_some())?, "irfftn", false);
    FFT_IRFFTN "irfftn" "fft_irfftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "The inverse of `rfftn`."
        |a, x| complex_to_real(a, &doubled(several(a, x, false)?, a.get("s").is_some())?, "irfftn", false);
    FFT_RFFT "rfft" "fft_rfft(input, n=None, dim=-1, norm=None, *, out=None) -> Tensor" vectors,
        "The Fourier transform of real numbers: half of it, as the other half is its conjugate."
        |a, x| real_to_complex(a, &one(a, x)?, "rfft", true);
    FFT_RFFT2 "rfft2" "fft_rfft2(input, s=None, dim=(-2, -1), norm=None, *, out=None) -> Tensor" fields,
        "`rfft` along two dimensions."
        |a, x| real_to_complex(a, &several(a, x, true)?, "rfftn", true);
    FFT_RFFTN "rfftn" "fft_rfftn(input, s=None, dim=None, norm=None, *, out=None) -> Tensor" fields,
        "`rfft` along several dimensions."
        |a, x| real_to_complex(a, &several(a, x, false)?, "rfftn", true);
    FFT_FFTSHIFT "fftshift" "fft_fftshift(input, dim=None) -> Tensor" fields,
        "Moves the frequency 0 to the middle."
        |a, x| shifted(a, x, |n| n / 2);
    FFT_IFFTSHIFT "ifftshift" "fft_ifftshift(input, dim=None) -> Tensor" fields,
        "The inverse of `fftshift`."
        |a, x| shifted(a, x, |n| n.div_ceil(2));
}

fn shifted(a: &Args, x: &Tensor, by: impl Fn(usize) -> usize) -> Result<Tensor> {
    let dims: Vec<usize> = match a.opt_ints("dim")? {
        Some(dims) => dims
            .iter()
            .map(|d| wrap_own_dim(*d, x.ndim()))
            .collect::<Result<_>>()?,
        None => (0..x.ndim()).collect(),
    };
    ensure!(x.ndim() > 0, "`shifts` required");
    let shifts: Vec<i64> = dims.iter().map(|d| by(x.shape()[*d]) as i64).collect();
    let dims: Vec<i64> = dims.iter().map(|d| *d as i64).collect();
    if dims.is_empty() {
        return super::super::clone(x);
    }
    roll(x, &shifts, &dims)
}

/// `torch.fft.fftfreq`
pub static FFT_FFTFREQ: Op = Op {
    signature: "fft_fftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor",
    faces: FFT,
    doc: "The frequencies that belong to the results of `fft` of `n` numbers, `d` apart.",
    examples: &[(
        "torch.fft.fftfreq(4)",
        "tensor([ 0.0000,  0.2500, -0.5000, -0.2500])",
    )],
    samples: |_| vec![sample([Arg::Int(5)]).rough()],
    call: |a| frequencies(a, false),
    ..Op::BASE
};

/// `torch.fft.rfftfreq`
pub static FFT_RFFTFREQ: Op = Op {
    signature: "fft_rfftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor",
    faces: FFT,
    doc: "The frequencies that belong to the results of `rfft` of `n` numbers, `d` apart.",
    examples: &[("torch.fft.rfftfreq(4)", "tensor([0.0000, 0.2500, 0.5000])")],
    samples: |_| vec![sample([Arg::Int(5)]).rough()],
    call: |a| frequencies(a, true),
    ..Op::BASE
};

fn frequencies(a: &Args, half: bool) -> Result<crate::tensor::ops::Out> {
    let (n, d) = (a.int("n")?, a.float("d")?);
    ensure!(
        n >= 0,
        "Trying to create tensor with negative dimension {n}: [{n}]"
    );
    let dtype = a.dtype_or_default()?;
    let count = if half { n / 2 + 1 } else { n };
    let step = 1.0 / (n as f64 * d);
    let number = |k: i64| if half || k < (n + 1) / 2 { k } else { k - n };
    let values: Vec<f64> = (0..count).map(|k| number(k) as f64).collect();
    let ranks = Tensor::from_array(Array::from_vec(values, &[count as usize]).to_dtype(dtype)?);
    a.created(mul(&ranks, step)?)
}

/// The dtype of the parts of the results for an input.
pub(super) fn part_dtype(x: &Tensor) -> DType {
    x.dtype().to_real()
}
