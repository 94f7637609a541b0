//! The three products of a convolution: output from input and weights, and the gradients of both.
//!
//! With a stride of 1 each image is laid out with its padding. Then every element of the kernel sees the same image,
//! shifted, and the output is a product of the weights with rows that overlap in memory ([`gathered`]); nothing has to
//! be unrolled. Positions between the rows of the output are computed as well and thrown away. Other strides unroll the
//! image into a matrix ([`unroll`]) and leave the product to `gemm`.

use super::direct::{dots, gathered};
use super::geometry::Geometry;
use crate::tensor::array::kernels::matmul::{How, Matrix, multiply};
use crate::tensor::array::kernels::tile::SLACK;
use crate::tensor::array::kernels::vectorize;
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

/// Whether the shifted image can be used.
fn is_direct<T: Number>(g: &Geometry) -> bool {
    matches!(T::DTYPE, DType::Float32 | DType::Float64) && g.stride == [1; 3] && g.taps() > 1
}

/// The padded image.
struct Padded {
    /// Height and width with padding.
    height: usize,
    width: usize,
    /// Elements of a channel.
    plane: usize,
    /// Positions from the first to the last one of the output, those between rows included.
    span: usize,
    /// Where each element of the kernel sees the first position, for one channel.
    taps: Vec<usize>,
}

impl Padded {
    fn new(g: &Geometry) -> Padded {
        let size = |d: usize| g.input[d] + 2 * g.padding[d];
        let (height, width) = (size(1), size(2));
        let mut taps = Vec::with_capacity(g.taps());
        for d in 0..g.kernel[0] {
            for h in 0..g.kernel[1] {
                for w in 0..g.kernel[2] {
                    let row = d * g.dilation[0] * height + h * g.dilation[1];
                    taps.push(row * width + w * g.dilation[2]);
                }
            }
        }
        let [d, h, w] = g.output;
        let span = if d * h * w == 0 {
            0
        } else {
            ((d - 1) * height + h - 1) * width + w
        };
        Padded {
            height,
            width,
            plane: size(0) * height * width,
            span,
            taps,
        }
    }

    /// Where the inner rows of a channel start: in the plain channel, and in the padded one.
    fn inner_rows(&self, g: &Geometry) -> impl Iterator<Item = (usize, usize)> {
        let (g, height, width) = (*g, self.height, self.width);
        (0..g.input[0] * g.input[1]).map(move |r| {
            let (d, h) = (r / g.input[1], r % g.input[1]);
            let row = (d + g.padding[0]) * height + h + g.padding[1];
            (r * g.input[2], row * width + g.padding[2])
        })
    }

    /// Where the rows of the output start: in the plain channel, and among the positions.
    fn output_rows(&self, g: &Geometry) -> impl Iterator<Item = (usize, usize)> {
        let (g, height, width) = (*g, self.height, self.width);
        (0..g.output[0] * g.output[1]).map(move |r| {
            let (d, h) = (r / g.output[1], r % g.output[1]);
            (r * g.output[2], (d * height + h) * width)
        })
    }

    /// Lays out the channels of an image with their padding; `out` has some elements more than all planes.
    fn lay_out<T: Number>(&self, g: &Geometry, image: &[T], out: &mut [T]) {
        if g.padding == [0; 3] {
            out[..image.len()].copy_from_slice(image);
            out[image.len()..].fill(T::ZERO);
            return;
        }
        out.fill(T::ZERO);
        let (plain, n) = (g.input_plane(), g.input[2]);
        for (from, to) in image
            .chunks_exact(plain.max(1))
            .zip(out.chunks_mut(self.plane))
        {
            for (a, b) in self.inner_rows(g) {
                to[b..b + n].copy_from_slice(&from[a..a + n]);
            }
        }
    }

    /// Lays out the channels of an output's gradient over the positions, with zeros between the rows.
    fn spread<T: Number>(
        &self,
        g: &Geometry,
        from: &[T],
        out: &mut [T],
        plane: usize,
        lead: usize,
    ) {
        out.fill(T::ZERO);
        let (plain, n) = (g.output_plane(), g.output[2]);
        for (from, to) in from.chunks_exact(plain.max(1)).zip(out.chunks_mut(plane)) {
            for (a, b) in self.output_rows(g) {
                to[lead + b..lead + b + n].copy_from_slice(&from[a..a + n]);
            }
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
        let direct = is_direct::<T>(g).then(|| Padded::new(g));
        let image = g.channels_in * g.input_plane();
        Array::build::<T>(&g.output_shape(), |out| {
            each_image(out, g.channels_out * g.output_plane(), g.work(), |n, out| {
                let x = &xs[n * image..(n + 1) * image];
                match &direct {
                    Some(p) => forward_direct(x, ws, out, g, p),
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

fn forward_direct<T: Number>(x: &[T], w: &[T], out: &mut [T], g: &Geometry, p: &Padded) {
    let (ci, co) = (g.group_in(), g.group_out());
    let (Ok(padded), Ok(wide)) = (
        scratch::<T>(g.channels_in * p.plane + SLACK),
        scratch::<T>(co * p.span),
    ) else {
        return; // memory of the size of the input, which there is
    };
    let mut padded = padded.slice_mut::<T>();
    p.lay_out(g, x, &mut padded);
    let mut wide = wide.slice_mut::<T>();
    let k = ci * g.taps();
    for group in 0..g.groups {
        let offsets: Vec<usize> = (0..ci)
            .flat_map(|c| p.taps.iter().map(move |t| (group * ci + c) * p.plane + t))
            .collect();
        let w = &w[group * co * k..(group + 1) * co * k];
        gathered(&mut wide, p.span, co, &padded, &offsets, |o, i| {
            w[o * k + i]
        });
        let (plain, n) = (g.output_plane(), g.output[2]);
        let out = &mut out[group * co * plain..(group + 1) * co * plain];
        for (from, to) in wide
            .chunks_exact(p.span.max(1))
            .zip(out.chunks_exact_mut(plain.max(1)))
        {
            for (a, b) in p.output_rows(g) {
                to[a..a + n].copy_from_slice(&from[b..b + n]);
            }
        }
    }
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

/// The range of output positions whose tap falls inside the input.
fn inside(size: usize, out: usize, tap: usize, stride: usize, padding: usize) -> (usize, usize) {
    let low = padding.saturating_sub(tap).div_ceil(stride);
    let high = match (size + padding).checked_sub(tap + 1) {
        Some(last) => (last / stride + 1).min(out),
        None => 0,
    };
    (low.min(out), high.max(low.min(out)))
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
        let direct = is_direct::<T>(g).then(|| Padded::new(g));
        let image = g.channels_out * g.output_plane();
        Array::build::<T>(&g.input_shape(), |out| {
            each_image(out, g.channels_in * g.input_plane(), g.work(), |n, out| {
                let grad = &gs[n * image..(n + 1) * image];
                match &direct {
                    Some(p) => to_input_direct(grad, ws, out, g, p),
                    None => to_input_unrolled(grad, ws, out, g),
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("slow_conv2d_cpu", grad.dtype())))
}

fn to_input_direct<T: Number>(grad: &[T], w: &[T], out: &mut [T], g: &Geometry, p: &Padded) {
    let (ci, co, taps) = (g.group_in(), g.group_out(), g.taps());
    let lead = p.taps.last().copied().unwrap_or(0);
    let plane = lead + p.plane;
    let (Ok(spread), Ok(wide)) = (
        scratch::<T>(g.channels_out * plane + SLACK),
        scratch::<T>(ci * p.plane),
    ) else {
        return;
    };
    let mut spread = spread.slice_mut::<T>();
    p.spread(g, grad, &mut spread, plane, lead);
    let mut wide = wide.slice_mut::<T>();
    for group in 0..g.groups {
        let offsets: Vec<usize> = (0..co)
            .flat_map(|o| {
                p.taps
                    .iter()
                    .map(move |t| (group * co + o) * plane + lead - t)
            })
            .collect();
        let w = &w[group * co * ci * taps..(group + 1) * co * ci * taps];
        let weight = |c: usize, i: usize| w[(i / taps * ci + c) * taps + i % taps];
        gathered(&mut wide, p.plane, ci, &spread, &offsets, weight);
        let (plain, n) = (g.input_plane(), g.input[2]);
        let out = &mut out[group * ci * plain..(group + 1) * ci * plain];
        for (from, to) in wide
            .chunks_exact(p.plane)
            .zip(out.chunks_exact_mut(plain.max(1)))
        {
            for (a, b) in p.inner_rows(g) {
                to[a..a + n].copy_from_slice(&from[b..b + n]);
            }
        }
    }
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
    // The batch is cut into a fixed number of pieces, so that the sum does not depend on the number of threads.
    let pieces = if g.work() > 1 << 22 {
        g.batch.clamp(1, 4)
    } else {
        1
    };
    dispatch_float!(grad.dtype(), T => {
        let (gs, xs): (&[T], &[T]) = (&grad.slice::<T>(), &x.slice::<T>());
        let direct = is_direct::<T>(g).then(|| Padded::new(g));
        let (from, image) = (g.channels_out * g.output_plane(), g.channels_in * g.input_plane());
        let len: usize = g.weight_shape().iter().product();
        let parts = Array::build::<T>(&[pieces, len], |out| {
            out.fill(T::ZERO);
            each_image(out, len, g.work(), |piece, out| {
                let count = g.batch.div_ceil(pieces);
                for n in piece * count..((piece + 1) * count).min(g.batch) {
                    let (grad, x) = (&gs[n * from..(n + 1) * from], &xs[n * image..(n + 1) * image]);
                    match &direct {
                        Some(p) => to_weight_direct(grad, x, out, g, p),
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

fn to_weight_direct<T: Number>(grad: &[T], x: &[T], out: &mut [T], g: &Geometry, p: &Padded) {
    let (ci, co) = (g.group_in(), g.group_out());
    let plane = p.span.next_multiple_of(SLACK);
    let (Ok(padded), Ok(spread)) = (
        scratch::<T>(g.channels_in * p.plane + SLACK),
        scratch::<T>(g.channels_out * plane),
    ) else {
        return;
    };
    let (mut padded, mut spread) = (padded.slice_mut::<T>(), spread.slice_mut::<T>());
    p.lay_out(g, x, &mut padded);
    p.spread(g, grad, &mut spread, plane, 0);
    let k = ci * g.taps();
    for group in 0..g.groups {
        let offsets: Vec<usize> = (0..ci)
            .flat_map(|c| p.taps.iter().map(move |t| (group * ci + c) * p.plane + t))
            .collect();
        let grads = &spread[group * co * plane..(group + 1) * co * plane];
        let out = &mut out[group * co * k..(group + 1) * co * k];
        dots(out, grads, plane, &padded, &offsets);
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
