//! The three products of a convolution: output from input and weights, and the gradients of both.
//!
//! Each image is laid out once for each column of the kernel ([`Strip`]). Then the output is a product of the weights
//! with rows that overlap in memory ([`gathered`](super::direct::gathered)), and so is the input's gradient with a stride
//! of 1. Its gradient with other strides is rolled up from a matrix ([`roll`]) that `gemm` gives, and kernels of one element
//! are left to `gemm` altogether.

use super::direct::dots;
use super::geometry::Geometry;
use super::strips::{Correlation, Strip, inside, most, strips};
use super::weights;
use crate::tensor::array::kernels::matmul::{How, Matrix, multiply};
use crate::tensor::array::kernels::tile::SLACK;
use crate::tensor::array::kernels::{has_wide_vectors, vectorize};
use crate::tensor::array::{Array, DType, Element, Number, Result, threads};

/// Memory of arbitrary content.
pub(super) fn scratch<T: Number>(len: usize) -> Result<Array> {
    Array::build::<T>(&[len], |_| {})
}

fn rows(start: usize, row: usize) -> Matrix {
    Matrix {
        start,
        row,
        column: 1,
    }
}

fn columns(start: usize, column: usize) -> Matrix {
    Matrix {
        start,
        row: 1,
        column,
    }
}

/// Whether the image is laid out for [`gathered`] rather than unrolled or multiplied as it is.
fn is_direct<T: Number>(g: &Geometry) -> bool {
    matches!(T::DTYPE, DType::Float32 | DType::Float64) && !is_plain(g)
}

/// Whether PyTorch leaves a convolution of this size to oneDNN.
fn is_large(g: &Geometry) -> bool {
    let wide = g.taps() > 1 || g.batch >= 16 || g.stride != [1; 3] || g.dilation != [1; 3];
    wide && (g.batch > 1
        || g.kernel[1].min(g.kernel[2]) > 3
        || g.batch * g.channels_in * g.input_plane() > 20_480)
}

/// The gradient of the bias, where its order of additions is not that of a sum over dimensions: position after position.
pub(super) fn to_bias(grad: &Array, g: &Geometry) -> Result<Option<Array>> {
    if grad.dtype() != DType::Float32 || !is_large(g) || !weights::in_order(g) {
        return Ok(None);
    }
    let grad = grad.contiguous()?;
    let planes: &[f32] = &grad.slice::<f32>();
    let plane = |n: usize, c: usize| {
        let start = (n * g.channels_out + c) * g.output_plane();
        &planes[start..start + g.output_plane()]
    };
    let mut totals = vec![0f32; g.channels_out];
    threads::fill_rows(&mut totals, TOGETHER, planes.len(), &|first, part| {
        for (i, out) in part.chunks_mut(TOGETHER).enumerate() {
            let (c, n) = ((first + i) * TOGETHER, out.len());
            let mut sums = [0f32; TOGETHER];
            for image in 0..g.batch {
                add_planes(
                    &mut sums,
                    std::array::from_fn(|l| plane(image, c + l.min(n - 1))),
                );
            }
            out.copy_from_slice(&sums[..n]);
        }
    });
    Ok(Some(Array::from_vec(totals, &[g.channels_out])))
}

/// Channels that are added up together: while one waits for its sum, the others go on.
const TOGETHER: usize = 8;

/// Adds the elements of each plane to its sum, one after the other.
fn add_planes(sums: &mut [f32; TOGETHER], planes: [&[f32]; TOGETHER]) {
    let n = planes[0].len();
    let planes = planes.map(|plane| &plane[..n]);
    for p in 0..n {
        for (sum, plane) in sums.iter_mut().zip(&planes) {
            *sum += plane[p];
        }
    }
}

/// How the taps of an output's channels are added up.
pub(super) struct Sums {
    /// The taps in the order of their additions.
    order: Vec<usize>,
    /// The sizes of the pieces that are added up by themselves.
    pub(super) pieces: Vec<usize>,
    /// Whether the bias is what the sums start from, rather than what is added at the end.
    pub(super) from_bias: bool,
}

impl Sums {
    /// The sums over so many channels: blocks of channels, and in these tap after tap, where PyTorch leaves the
    /// convolution to oneDNN, else channel after channel. With AVX-512 oneDNN adds each block up by itself; with AVX2 it
    /// goes on from the sums of the blocks before, and starts from the bias.
    fn new<T: Element>(g: &Geometry, channels: usize) -> Sums {
        let (taps, wide) = (g.taps(), has_wide_vectors());
        let (all, block) = (channels * taps, if wide { 16 } else { 8 });
        let from_bias = T::DTYPE == DType::Float32 && !wide && is_large(g);
        let fits = |n: usize| !wide && n.is_multiple_of(block);
        let grouped = g.groups > 1 && !(fits(g.group_in()) && fits(g.group_out()));
        if T::DTYPE != DType::Float32 || grouped || channels == 0 || !is_large(g) {
            return Sums {
                order: (0..all).collect(),
                pieces: vec![all],
                from_bias: from_bias && g.group_in() == 1 && g.group_out() == 1,
            };
        }
        let piece = |first: usize| first..channels.min(first + block);
        let pieces: Vec<_> = (0..channels).step_by(block).map(piece).collect();
        let sizes = pieces.iter().map(|p| p.len() * taps).collect();
        let order = pieces.into_iter().flat_map(|piece| {
            (0..taps).flat_map(move |tap| piece.clone().map(move |c| c * taps + tap))
        });
        Sums {
            order: order.collect(),
            pieces: if wide { sizes } else { vec![all] },
            from_bias,
        }
    }
}

/// The output.
pub(super) fn forward(x: &Array, w: &Array, bias: Option<&Array>, g: &Geometry) -> Result<Array> {
    if !x.dtype().is_floating_point() {
        // Integers are rarely convolved: in double, which is exact up to 2^53.
        let wide = |a: &Array| a.to_dtype(DType::Float64);
        let bias = bias.map(wide).transpose()?;
        return forward(&wide(x)?, &wide(w)?, bias.as_ref(), g)?.to_dtype(x.dtype());
    }
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    let bias = bias.map(Array::contiguous).transpose()?;
    dispatch_float!(x.dtype(), T => {
        let (xs, ws): (&[T], &[T]) = (&x.slice::<T>(), &w.slice::<T>());
        let held = bias.as_ref().map(|b| b.slice::<T>());
        let bs: Option<&[T]> = held.as_deref();
        let sums = Sums::new::<T>(g, g.group_in());
        let w = |o: usize, i: usize| ws[o * g.group_in() * g.taps() + sums.order[i]];
        let direct = is_direct::<T>(g).then(|| Correlation::new(g, &sums, |i| sums.order[i], w));
        let image = g.channels_in * g.input_plane();
        Array::build::<T>(&g.output_shape(), |out| {
            each_image(out, g.channels_out * g.output_plane(), g.work(), |n, out| {
                let x = &xs[n * image..(n + 1) * image];
                match &direct {
                    Some(c) => return c.run(x, out, bs),
                    None => forward_unrolled(x, ws, out, g),
                }
                if let Some(b) = bs {
                    let planes = out.chunks_exact_mut(g.output_plane().max(1));
                    vectorize(#[inline(always)] || planes.zip(b).for_each(|(o, b)| o.iter_mut().for_each(|o| *o = o.plus(*b))));
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("slow_conv2d_cpu", x.dtype())))
}

/// Calls the function for each image's piece of an output.
fn each_image<T: Number>(
    out: &mut [T],
    image: usize,
    work: usize,
    f: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    if image == 0 {
        return;
    }
    threads::fill_rows(out, image, work / 8, &|first, part: &mut [T]| {
        for (i, out) in part.chunks_exact_mut(image).enumerate() {
            f(first + i, out);
        }
    });
}

fn forward_unrolled<T: Number>(x: &[T], w: &[T], out: &mut [T], g: &Geometry) {
    let (ci, co, s) = (g.group_in(), g.group_out(), g.output_plane());
    let k = ci * g.taps();
    with_unrolled(g, |mut cols| {
        for group in 0..g.groups {
            let image = &x[group * ci * g.input_plane()..(group + 1) * ci * g.input_plane()];
            let cols: &[T] = match &mut cols {
                Some(cols) => {
                    unroll(image, cols, g);
                    cols
                }
                None => image,
            };
            let how = How {
                row: s,
                add: false,
                many: g.batch == 1,
            };
            let out = &mut out[group * co * s..(group + 1) * co * s];
            multiply(
                out,
                (co, s, k),
                w,
                rows(group * co * k, k),
                cols,
                rows(0, s),
                how,
            );
        }
    });
}

/// Runs the function with memory for an unrolled image, or none where the image is its own unrolling.
fn with_unrolled<T: Number>(g: &Geometry, f: impl FnOnce(Option<&mut [T]>)) {
    if is_plain(g) {
        return f(None);
    }
    if let Ok(memory) = scratch::<T>(g.group_in() * g.taps() * g.output_plane()) {
        let mut memory = memory.slice_mut::<T>();
        f(Some(&mut memory));
    }
}

/// Whether a kernel of one element walks over each element of the input.
fn is_plain(g: &Geometry) -> bool {
    g.taps() == 1 && g.stride == [1; 3] && g.padding == [0; 3]
}

/// For each element of each row of the unrolled image: calls the function with a run of the unrolled image, and where it
/// comes from (start, and whether there is anything).
fn each_run(
    g: &Geometry,
    channels: usize,
    mut f: impl FnMut(std::ops::Range<usize>, Option<(usize, usize, usize)>),
) {
    let [od, oh, ow] = g.output;
    let mut at = 0;
    for c in 0..channels {
        for kd in 0..g.kernel[0] {
            for kh in 0..g.kernel[1] {
                for kw in 0..g.kernel[2] {
                    let tap = [kd * g.dilation[0], kh * g.dilation[1], kw * g.dilation[2]];
                    let (low, high) = inside(g.input[2], ow, tap[2], g.stride[2], g.padding[2]);
                    for d in 0..od {
                        for h in 0..oh {
                            let run = at..at + ow;
                            at += ow;
                            let place = |i: usize, dim: usize| {
                                (i * g.stride[dim] + tap[dim])
                                    .checked_sub(g.padding[dim])
                                    .filter(|p| *p < g.input[dim])
                            };
                            let (Some(id), Some(ih)) = (place(d, 0), place(h, 1)) else {
                                f(run, None);
                                continue;
                            };
                            if low >= high {
                                f(run, None);
                                continue;
                            }
                            let row = ((c * g.input[0] + id) * g.input[1] + ih) * g.input[2];
                            let start = row + low * g.stride[2] + tap[2] - g.padding[2];
                            f(run, Some((low, high, start)));
                        }
                    }
                }
            }
        }
    }
}

/// The image as a matrix: a row for each channel and element of the kernel, a column for each output position.
pub(super) fn unroll<T: Number>(image: &[T], cols: &mut [T], g: &Geometry) {
    let step = g.stride[2];
    each_run(g, g.group_in(), |run, place| {
        let to = &mut cols[run];
        let Some((low, high, start)) = place else {
            return to.fill(T::ZERO);
        };
        to[..low].fill(T::ZERO);
        to[high..].fill(T::ZERO);
        let to = &mut to[low..high];
        if step == 1 {
            to.copy_from_slice(&image[start..start + to.len()]);
        } else {
            to.iter_mut()
                .zip(image[start..].iter().step_by(step))
                .for_each(|(t, f)| *t = *f);
        }
    });
}

/// Adds a matrix of that form to the image.
pub(super) fn roll<T: Number>(cols: &[T], image: &mut [T], g: &Geometry) {
    let step = g.stride[2];
    each_run(g, g.group_in(), |run, place| {
        if let Some((low, high, start)) = place {
            let from = &cols[run][low..high];
            let to = image[start..].iter_mut().step_by(step);
            to.zip(from).for_each(|(t, f)| *t = t.plus(*f));
        }
    });
}

/// The gradient of the input.
pub(super) fn to_input(grad: &Array, w: &Array, g: &Geometry) -> Result<Array> {
    let (grad, w) = (grad.contiguous()?, w.contiguous()?);
    dispatch_float!(grad.dtype(), T => {
        let (gs, ws): (&[T], &[T]) = (&grad.slice::<T>(), &w.slice::<T>());
        let turned = g.turned().filter(|_| is_direct::<T>(g));
        let direct = turned.map(|turned| turned_correlation(ws, g, &turned));
        let image = g.channels_out * g.output_plane();
        Array::build::<T>(&g.input_shape(), |out| {
            each_image(out, g.channels_in * g.input_plane(), g.work(), |n, out| {
                let grad = &gs[n * image..(n + 1) * image];
                match &direct {
                    Some(c) => c.run(grad, out, None),
                    None => to_input_unrolled(grad, ws, out, g),
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("slow_conv2d_cpu", grad.dtype())))
}

/// The input's gradient as a convolution of the output's with the turned kernel.
fn turned_correlation<T: Number>(w: &[T], g: &Geometry, turned: &Geometry) -> Correlation<T> {
    let (ci, co, taps) = (g.group_in(), g.group_out(), g.taps());
    let sums = Sums::new::<T>(g, co);
    let weight = |c: usize, i: usize| {
        let ((group, c), i) = ((c / ci, c % ci), sums.order[i]);
        w[((group * co + i / taps) * ci + c) * taps + i % taps]
    };
    let turn = |i: usize| i / taps * taps + taps - 1 - i % taps;
    Correlation::new(turned, &sums, |i| turn(sums.order[i]), weight)
}

fn to_input_unrolled<T: Number>(grad: &[T], w: &[T], out: &mut [T], g: &Geometry) {
    let (ci, co, s) = (g.group_in(), g.group_out(), g.output_plane());
    let k = ci * g.taps();
    let how = How {
        row: s,
        add: false,
        many: g.batch == 1,
    };
    with_unrolled(g, |mut cols| {
        for group in 0..g.groups {
            let image = &mut out[group * ci * g.input_plane()..(group + 1) * ci * g.input_plane()];
            let (x, y) = (columns(group * co * k, k), rows(group * co * s, s));
            match &mut cols {
                None => multiply(image, (k, s, co), w, x, grad, y, how),
                Some(cols) => {
                    multiply(cols, (k, s, co), w, x, grad, y, how);
                    image.fill(T::ZERO);
                    roll(cols, image, g);
                }
            }
        }
    });
}

/// The gradient of the weights.
pub(super) fn to_weight(grad: &Array, x: &Array, g: &Geometry) -> Result<Array> {
    let (grad, x) = (grad.contiguous()?, x.contiguous()?);
    if grad.dtype() == DType::Float32 && is_large(g) && weights::in_order(g) {
        let all = weights::to_weight(&grad.slice::<f32>(), &x.slice::<f32>(), g);
        return Ok(Array::from_vec(all, &g.weight_shape()));
    }
    // The batch is cut into a fixed number of pieces, so that the sum does not depend on the number of threads.
    let pieces = if g.work() > 1 << 22 {
        g.batch.clamp(1, 4)
    } else {
        1
    };
    dispatch_float!(grad.dtype(), T => {
        let (gs, xs): (&[T], &[T]) = (&grad.slice::<T>(), &x.slice::<T>());
        let direct = is_direct::<T>(g).then(|| strips(g, size_of::<T>()));
        let (from, image) = (g.channels_out * g.output_plane(), g.channels_in * g.input_plane());
        let len: usize = g.weight_shape().iter().product();
        let parts = Array::build::<T>(&[pieces, len], |out| {
            out.fill(T::ZERO);
            each_image(out, len, g.work(), |piece, out| {
                let count = g.batch.div_ceil(pieces);
                for n in piece * count..((piece + 1) * count).min(g.batch) {
                    let (grad, x) = (&gs[n * from..(n + 1) * from], &xs[n * image..(n + 1) * image]);
                    match &direct {
                        Some(strips) => to_weight_direct(grad, x, out, g, strips),
                        None => to_weight_unrolled(grad, x, out, g),
                    }
                }
            });
        })?;
        let total = match pieces {
            1 => parts,
            _ => crate::tensor::array::kernels::reduce::sum_dims::<T>(&parts, &[0])?,
        };
        total.reshape(&g.weight_shape())
    }, other => Err(crate::tensor::ops::unsupported("slow_conv2d_cpu", grad.dtype())))
}

fn to_weight_direct<T: Number>(grad: &[T], x: &[T], out: &mut [T], g: &Geometry, strips: &[Strip]) {
    let (ci, co, plain) = (g.group_in(), g.group_out(), g.output_plane());
    let k = ci * g.taps();
    let Ok(laid) = scratch::<T>(most(strips, ci) + SLACK) else {
        return; // memory of the size of the input, which there is
    };
    let mut laid = laid.slice_mut::<T>();
    for group in 0..g.groups {
        let image = &x[group * ci * g.input_plane()..(group + 1) * ci * g.input_plane()];
        let grad = &grad[group * co * plain..(group + 1) * co * plain];
        let out = &mut out[group * co * k..(group + 1) * co * k];
        for strip in strips {
            strip.lay_out(g, image, &mut laid);
            // Slices of the output that are not neighbours among the positions are taken one by one.
            for (positions, from) in strip.stretches(g) {
                let offsets: Vec<usize> = strip.offsets(ci).map(|t| t + from).collect();
                let grads = &grad[positions.start..];
                dots(out, (co, positions.len()), grads, plain, &laid, &offsets);
            }
        }
    }
}

fn to_weight_unrolled<T: Number>(grad: &[T], x: &[T], out: &mut [T], g: &Geometry) {
    let (ci, co, s) = (g.group_in(), g.group_out(), g.output_plane());
    let k = ci * g.taps();
    let how = How {
        row: k,
        add: true,
        many: g.batch == 1,
    };
    with_unrolled(g, |mut cols| {
        for group in 0..g.groups {
            let image = &x[group * ci * g.input_plane()..(group + 1) * ci * g.input_plane()];
            let cols: &[T] = match &mut cols {
                Some(cols) => {
                    unroll(image, cols, g);
                    cols
                }
                None => image,
            };
            let out = &mut out[group * co * k..(group + 1) * co * k];
            multiply(
                out,
                (co, k, s),
                grad,
                rows(group * co * s, s),
                cols,
                columns(0, s),
                how,
            );
        }
    });
}
