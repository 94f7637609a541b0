//! Transforms of overlapping stretches of a signal, and back.

use super::transform::{c2c, c2r, part_dtype, r2c};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, Layout, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::complex::view_as_real;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::view::as_strided;
use crate::tensor::ops::{
    abs, cat, div, expand_to, index_put, index_select, mul, reshape_to, slice, transpose, unsqueeze,
};

/// What both directions are told.
struct Window {
    n_fft: usize,
    hop: usize,
    window: Tensor,
}

impl Window {
    fn new(a: &Args, x: &Tensor, name: &str) -> Result<Window> {
        let n_fft = a.int("n_fft")?;
        ensure!(
            n_fft > 0,
            "{name}: expected n_fft > 0, but got n_fft={n_fft}"
        );
        let hop = a.opt_int("hop_length")?.unwrap_or(n_fft / 4);
        ensure!(
            hop > 0,
            "{name}: expected hop_length > 0, but got hop_length={hop}"
        );
        let length = a.opt_int("win_length")?.unwrap_or(n_fft);
        ensure!(
            length > 0 && length <= n_fft,
            "{name}: expected 0 < win_length <= n_fft, but got win_length={length}"
        );
        let dtype = part_dtype(x);
        let window = match a.opt_tensor("window")? {
            Some(w) => {
                ensure!(
                    w.ndim() == 1 && w.numel() == length as usize,
                    "{name}: expected a 1D window tensor of size equal to win_length={length}, but got window with size {}",
                    show(&w.shape())
                );
                w.clone()
            }
            None => Tensor::from_array(Array::full(&[length as usize], 1i64.into(), dtype)?),
        };
        let (n_fft, length) = (n_fft as usize, length as usize);
        let left = (n_fft - length) / 2;
        let blank = |n: usize| Array::zeros(&[n], window.dtype()).map(Tensor::from_array);
        let padded = cat(
            &[blank(left)?, window.clone(), blank(n_fft - length - left)?],
            0,
        )?;
        Ok(Window {
            n_fft,
            hop: hop as usize,
            window: padded,
        })
    }
}

fn signals(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[2, 12]).into(), Arg::Int(4)])
            .with("return_complex", true)
            .rough(),
    ]
}

/// `torch.stft`
pub static STFT: Op = Op {
    signature: "stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode='reflect', normalized=False, onesided=None, return_complex=None, align_to_window=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The Fourier transforms of stretches of `n_fft` numbers, `hop_length` apart.",
    samples: signals,
    call: |a| Ok(stft(a)?.into()),
    ..Op::BASE
};

/// The signal with `by` numbers more at both ends.
fn padded(x: &Tensor, by: usize, mode: &str) -> Result<Tensor> {
    let n = x.shape()[1];
    let place = |i: i64| -> Result<i64> {
        let n = n as i64;
        Ok(match mode {
            "reflect" => {
                ensure!(
                    (by as i64) < n,
                    "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding ({by}, {by}) at dimension 2 of input [1, {}, {n}]",
                    x.shape()[0]
                );
                if i < 0 {
                    -i
                } else if i >= n {
                    2 * (n - 1) - i
                } else {
                    i
                }
            }
            "replicate" => i.clamp(0, n - 1),
            "circular" => i.rem_euclid(n),
            other => bail!(NotImplemented, "Unrecognised padding mode {other}"),
        })
    };
    if mode == "constant" {
        let blank = Tensor::from_array(Array::zeros(&[x.shape()[0], by], x.dtype())?);
        return cat(&[blank.clone(), x.clone(), blank], 1);
    }
    let places: Vec<i64> = (-(by as i64)..(n + by) as i64)
        .map(place)
        .collect::<Result<_>>()?;
    let count = places.len();
    index_select(x, 1, &Tensor::from_vec(places, &[count])?)
}

fn stft(a: &Args) -> Result<Tensor> {
    let x = a.tensor("input")?;
    ensure!(
        x.dtype().is_differentiable(),
        "stft expected a tensor of floating point or complex values"
    );
    ensure!(
        matches!(x.ndim(), 1 | 2),
        "stft: expected a 1D or 2D tensor"
    );
    let w = Window::new(a, x, "stft")?;
    let complex = x.dtype().is_complex() || w.window.dtype().is_complex();
    let return_complex = match a.get("return_complex") {
        Some(_) => a.bool("return_complex")?,
        None => {
            ensure!(
                complex,
                "stft requires the return_complex parameter be given for real inputs, and will further require that return_complex=True in a future PyTorch release."
            );
            true
        }
    };
    let onesided = match a.get("onesided") {
        Some(_) => a.bool("onesided")?,
        None => !complex,
    };
    let single = x.ndim() == 1;
    let mut x = if single { unsqueeze(x, 0)? } else { x.clone() };
    if a.bool("center")? {
        x = padded(&x, w.n_fft / 2, a.str("pad_mode")?)?;
    }
    let (rows, n) = (x.shape()[0], x.shape()[1]);
    ensure!(
        w.n_fft <= n,
        "stft: expected 0 < n_fft <= {n}, but got n_fft={}",
        w.n_fft
    );
    let count = 1 + (n - w.n_fft) / w.hop;
    let x = super::super::contiguous(&x)?;
    let frames = as_strided(
        "AsStridedBackward0",
        &x,
        Layout {
            shape: [rows, count, w.n_fft].into_iter().collect(),
            strides: [n, w.hop, 1].into_iter().collect(),
            offset: x.array().layout().offset,
        },
    );
    let scale = if a.bool("normalized")? {
        1.0 / (w.n_fft as f64).sqrt()
    } else {
        1.0
    };
    let frames = mul(&frames, &w.window)?;
    let z = if !frames.dtype().is_complex() {
        r2c(&frames, 2, onesided, true, scale)?
    } else if onesided {
        slice(&c2c(&frames, 2, true, scale)?, 2, 0, w.n_fft / 2 + 1, 1)
    } else {
        c2c(&frames, 2, true, scale)?
    };
    let mut z = transpose(&z, 1, 2)?;
    if single {
        z = crate::tensor::ops::squeeze_dim(&z, 0)?;
    }
    if return_complex {
        Ok(z)
    } else {
        view_as_real(&z)
    }
}

/// `torch.istft`
pub static ISTFT: Op = Op {
    signature: "istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, length=None, return_complex=False) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The signal whose `stft` is given.",
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let z = crate::tensor::ops::complex::join(&m.tensor(&[3, 5]), &m.tensor(&[3, 5]));
        vec![sample([z.expect("parts of one shape").into(), Arg::Int(4)]).rough()]
    },
    call: |a| Ok(istft(a)?.into()),
    ..Op::BASE
};

/// Overlapping rows added up in a signal.
fn overlapped(frames: &Tensor, hop: usize) -> Result<Tensor> {
    let (rows, count, n) = (frames.shape()[0], frames.shape()[1], frames.shape()[2]);
    let length = n + hop * (count - 1);
    let places: Vec<i64> = (0..count)
        .flat_map(|t| (0..n).map(move |i| (t * hop + i) as i64))
        .collect();
    let at = Tensor::from_vec(places, &[count * n])?;
    let blank = Tensor::from_array(Array::zeros(&[rows, length], frames.dtype())?);
    let flat = reshape_to(frames, &[rows, count * n])?;
    index_put(&blank, &[None, Some(at)], &flat, true)
}

fn istft(a: &Args) -> Result<Tensor> {
    let z = a.tensor("input")?;
    ensure!(
        z.dtype().is_complex(),
        "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
    );
    ensure!(
        matches!(z.ndim(), 2 | 3) && z.numel() > 0,
        "istft: expected a tensor with 2 or 3 dimensions that is not empty"
    );
    let w = Window::new(a, z, "istft")?;
    let complex = a.bool("return_complex")?;
    let single = z.ndim() == 2;
    let z = transpose(&if single { unsqueeze(z, 0)? } else { z.clone() }, 1, 2)?;
    let bins = z.shape()[2];
    let onesided = match a.get("onesided") {
        Some(_) => a.bool("onesided")?,
        None => bins != w.n_fft,
    };
    let expected = if onesided { w.n_fft / 2 + 1 } else { w.n_fft };
    ensure!(
        bins == expected,
        "istft: expected the frequency dimension (3rd to the last) of the input tensor to match {expected} when onesided={}, but got {bins}",
        if onesided { "True" } else { "False" }
    );
    ensure!(
        !(complex && onesided),
        "cannot have onesided output if window or input is complex"
    );
    ensure!(
        complex || !w.window.dtype().is_complex(),
        "Complex windows are incompatible with return_complex=False"
    );
    let n = w.n_fft as f64;
    let scale = if a.bool("normalized")? {
        1.0 / n.sqrt()
    } else {
        1.0 / n
    };
    let frames = if complex {
        c2c(&z, 2, false, scale)?
    } else {
        // A real signal has the other half of its bins twice.
        c2r(
            &slice(&z, 2, 0, w.n_fft / 2 + 1, 1),
            2,
            w.n_fft,
            false,
            scale,
        )?
    };
    let signal = overlapped(&mul(&frames, &w.window)?, w.hop)?;
    let shape = frames.shape();
    let squares = expand_to(&mul(&w.window, &w.window)?, &[1, shape[1], shape[2]])?;
    let envelope = overlapped(&squares, w.hop)?;
    let start = if a.bool("center")? { w.n_fft / 2 } else { 0 };
    let whole = signal.shape()[1];
    let end = match a.opt_int("length")? {
        Some(n) => start + n.max(0) as usize,
        None if a.bool("center")? => whole - w.n_fft / 2,
        None => whole,
    };
    let cut = end.min(whole).max(start);
    let (signal, envelope) = (
        slice(&signal, 1, start, cut - start, 1),
        slice(&envelope, 1, start, cut - start, 1),
    );
    let least = abs(&envelope)?
        .to_vec::<f64>()?
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    ensure!(least > 1e-11, "istft(...) window overlap add min: 1");
    let mut out = div(&signal, &envelope)?;
    if end > cut {
        let blank = Array::zeros(&[out.shape()[0], end - cut], out.dtype())?;
        out = cat(&[out, Tensor::from_array(blank)], 1)?;
    }
    if single {
        crate::tensor::ops::squeeze_dim(&out, 0)
    } else {
        Ok(out)
    }
}
