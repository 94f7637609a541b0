//! Images laid out so that a convolution's output is a product of the weights with rows that overlap in memory.
//!
//! Each column of the kernel has an image of its own: shifted, with its padding, of the output's width, and with only the
//! columns that a horizontal stride leaves. Rows are dealt out by the vertical stride. Then neighbouring positions of the
//! output see neighbouring elements for every element of the kernel. Large images are cut into strips of rows that stay in
//! the cache.

use super::direct::{blocks, gathered};
use super::geometry::{Geometry, Sizes};
use super::kernel::{Sums, scratch};
use crate::tensor::array::kernels::tile::SLACK;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Element, Number};

/// Bytes of a strip that is laid out at a time.
const STRIP: usize = 1 << 19;

/// Some rows of the output, and the layout of what they see.
pub(super) struct Strip {
    /// The first row, and how many there are.
    first: usize,
    rows: usize,
    /// Rows of a plane, and elements of one.
    height: usize,
    plane: usize,
    /// The planes of a channel: the first depth, row and column that each shows.
    planes: Vec<Sizes>,
    /// Where each element of the kernel sees the first position, for one channel.
    taps: Vec<usize>,
}

/// The strips of an output of elements of so many bytes.
pub(super) fn strips(g: &Geometry, bytes: usize) -> Vec<Strip> {
    let whole = Strip::new(g, 0, g.output[1]);
    let size = g.group_in() * whole.channel() * bytes;
    // Volumes stay whole: their slices see rows of other slices.
    if size <= STRIP || g.output[0] > 1 || g.output[1] == 0 {
        return vec![whole];
    }
    let halo = whole.height - g.output[1];
    let row = size / whole.height;
    let rows = (STRIP / row.max(1))
        .saturating_sub(halo)
        .clamp(4, g.output[1].max(4));
    let many = g.output[1].div_ceil(rows);
    let rows = g.output[1].div_ceil(many);
    let starts = (0..g.output[1]).step_by(rows);
    starts
        .map(|first| Strip::new(g, first, rows.min(g.output[1] - first)))
        .collect()
}

/// Elements of the largest strip of so many channels.
pub(super) fn most(strips: &[Strip], channels: usize) -> usize {
    let sizes = strips.iter().map(|s| s.channel() * channels);
    sizes.max().unwrap_or(0)
}

/// The range of output positions whose tap falls inside the input.
pub(super) fn inside(
    size: usize,
    out: usize,
    tap: usize,
    stride: usize,
    padding: usize,
) -> (usize, usize) {
    let low = padding.saturating_sub(tap).div_ceil(stride);
    let high = match (size + padding).checked_sub(tap + 1) {
        Some(last) => (last / stride + 1).min(out),
        None => 0,
    };
    (low.min(out), high.max(low.min(out)))
}

impl Strip {
    fn new(g: &Geometry, first: usize, rows: usize) -> Strip {
        let reach = |d: usize| (g.kernel[d].max(1) - 1) * g.dilation[d] / g.stride[d];
        let (depth, height) = (g.output[0] + reach(0), rows + reach(1));
        let plane = depth * height * g.output[2];
        let (mut planes, mut taps) = (Vec::<Sizes>::new(), Vec::with_capacity(g.taps()));
        for d in (0..g.kernel[0]).map(|d| d * g.dilation[0]) {
            for h in (0..g.kernel[1]).map(|h| h * g.dilation[1]) {
                for w in (0..g.kernel[2]).map(|w| w * g.dilation[2]) {
                    let start = [d % g.stride[0], h % g.stride[1], w];
                    let known = planes.iter().position(|p| *p == start);
                    let at = known.unwrap_or(planes.len());
                    if known.is_none() {
                        planes.push(start);
                    }
                    let row = d / g.stride[0] * height + h / g.stride[1];
                    taps.push(at * plane + row * g.output[2]);
                }
            }
        }
        Strip {
            first,
            rows,
            height,
            plane,
            planes,
            taps,
        }
    }

    /// Elements of a channel.
    fn channel(&self) -> usize {
        self.planes.len() * self.plane
    }

    /// Where each element of each channel's kernel sees the first position.
    pub(super) fn offsets(&self, channels: usize) -> impl Iterator<Item = usize> {
        (0..channels).flat_map(move |c| self.taps.iter().map(move |t| c * self.channel() + t))
    }

    /// Positions of a channel of the output that are neighbours in the layout too, and where in it the first one lies.
    pub(super) fn stretches(
        &self,
        g: &Geometry,
    ) -> impl Iterator<Item = (std::ops::Range<usize>, usize)> {
        let (slice, n) = (g.output[1] * g.output[2], self.rows * g.output[2]);
        let start = self.first * g.output[2];
        let step = self.height * g.output[2];
        // Kernels of one row leave no rows between slices.
        let joined = g.output[0] > 1 && step == slice;
        let (many, n) = if joined {
            (1, n * g.output[0])
        } else {
            (g.output[0], n)
        };
        (0..many).map(move |d| (d * slice + start..d * slice + start + n, d * step))
    }

    /// Lays out the channels of an image.
    pub(super) fn lay_out<T: Element>(&self, g: &Geometry, image: &[T], out: &mut [T]) {
        let [depth, height, width] = g.input;
        let (n, step) = (g.output[2], g.stride[2]);
        if self.plane == 0 {
            return;
        }
        let channels = image.chunks_exact(g.input_plane().max(1));
        for (image, out) in channels.zip(out.chunks_exact_mut(self.channel())) {
            for (start, out) in self.planes.iter().zip(out.chunks_exact_mut(self.plane)) {
                let (low, high) = inside(width, n, start[2], step, g.padding[2]);
                for (i, row) in out.chunks_exact_mut(n).enumerate() {
                    let place = |at: usize, dim: usize, size: usize| {
                        (at * g.stride[dim] + start[dim])
                            .checked_sub(g.padding[dim])
                            .filter(|p| *p < size)
                    };
                    let places = (
                        place(i / self.height, 0, depth),
                        place(i % self.height + self.first, 1, height),
                    );
                    let (Some(d), Some(h), true) = (places.0, places.1, low < high) else {
                        row.fill(T::ZERO);
                        continue;
                    };
                    row[..low].fill(T::ZERO);
                    row[high..].fill(T::ZERO);
                    let row = &mut row[low..high];
                    let from = (d * height + h) * width + low * step + start[2] - g.padding[2];
                    match step {
                        1 => row.copy_from_slice(&image[from..from + row.len()]),
                        2 => halve(&image[from..], row),
                        _ => {
                            let values = image[from..].iter().step_by(step);
                            row.iter_mut().zip(values).for_each(|(o, v)| *o = *v);
                        }
                    }
                }
            }
        }
    }
}

/// Every second element.
fn halve<T: Element>(from: &[T], out: &mut [T]) {
    // Four at a time, which two shuffles give. There may be no second element after the last one.
    let many = (from.len() / 8).min(out.len() / 4);
    let (eights, _) = from.as_chunks::<8>();
    let (fours, _) = out.as_chunks_mut::<4>();
    for (o, v) in fours.iter_mut().zip(eights) {
        *o = [v[0], v[2], v[4], v[6]];
    }
    let rest = out[many * 4..].iter_mut();
    rest.zip(from[many * 8..].iter().step_by(2))
        .for_each(|(o, v)| *o = *v);
}

/// A convolution's weights, packed, and the strips of its images.
pub(super) struct Correlation<T> {
    g: Geometry,
    strips: Vec<(Strip, Vec<usize>)>,
    /// How many taps are added up before they are added to those before.
    pieces: Vec<usize>,
    /// Whether the sums start from the bias.
    from_bias: bool,
    /// For each group and piece the weights of blocks of output channels, those of each tap side by side.
    packed: Vec<Vec<Vec<T>>>,
    /// Heights of the blocks.
    blocks: Vec<usize>,
}

impl<T: Number> Correlation<T> {
    /// The convolution whose output channel `o` has the weight `weight(o, i)` for the `i`-th tap of its group's channels,
    /// which looks through the kernel's element `order(i)`.
    pub(super) fn new(
        g: &Geometry,
        sums: &Sums,
        order: impl Fn(usize) -> usize,
        weight: impl Fn(usize, usize) -> T,
    ) -> Correlation<T> {
        let co = g.group_out();
        let blocks = blocks::<T>(co);
        let pieces = sums.pieces.clone();
        let k: usize = pieces.iter().sum();
        let pack = |group: usize, start: usize, piece: usize| {
            let mut packed = Vec::with_capacity(co * piece);
            let mut first = group * co;
            for many in &blocks {
                for i in start..start + piece {
                    packed.extend((first..first + many).map(|o| weight(o, i)));
                }
                first += many;
            }
            packed
        };
        let pack_group = |group: usize| {
            let starts = pieces.iter().scan(0, |at, piece| {
                *at += piece;
                Some(*at - piece)
            });
            let pieces = starts.zip(&pieces);
            pieces
                .map(|(start, piece)| pack(group, start, *piece))
                .collect()
        };
        let offsets = |s: &Strip| {
            let all: Vec<usize> = s.offsets(g.group_in()).collect();
            (0..k).map(|i| all[order(i)]).collect()
        };
        Correlation {
            g: *g,
            strips: strips(g, size_of::<T>())
                .into_iter()
                .map(|s| {
                    let offsets = offsets(&s);
                    (s, offsets)
                })
                .collect(),
            packed: (0..g.groups).map(pack_group).collect(),
            blocks,
            pieces,
            from_bias: sums.from_bias,
        }
    }

    /// The output of one image; the bias goes to the first piece.
    pub(super) fn run(&self, image: &[T], out: &mut [T], bias: Option<&[T]>) {
        let g = &self.g;
        let (ci, co, plain) = (g.group_in(), g.group_out(), g.output_plane());
        let sizes = self.strips.iter().map(|(s, _)| s.channel() * ci);
        let Ok(laid) = scratch::<T>(sizes.max().unwrap_or(0) + SLACK) else {
            return; // memory of the size of the input, which there is
        };
        let mut laid = laid.slice_mut::<T>();
        let mut more = Vec::new();
        let zeros = vec![T::ZERO; co];
        for (group, packed) in self.packed.iter().enumerate() {
            let image = &image[group * ci * g.input_plane()..(group + 1) * ci * g.input_plane()];
            let out = &mut out[group * co * plain..(group + 1) * co * plain];
            let bias = bias.map(|b| &b[group * co..(group + 1) * co]);
            let (start, end) = if self.from_bias {
                (bias, None)
            } else {
                (None, bias)
            };
            let start = start.unwrap_or(&zeros);
            for (strip, offsets) in &self.strips {
                strip.lay_out(g, image, &mut laid);
                for (positions, from) in strip.stretches(g) {
                    let out = &mut out[positions.start..];
                    let span = (plain, positions.len());
                    let mut offsets = &offsets[..];
                    for (i, (piece, packed)) in self.pieces.iter().zip(packed).enumerate() {
                        let (these, others) = offsets.split_at(*piece);
                        offsets = others;
                        if i == 0 {
                            gathered(out, span, &self.blocks, &laid[from..], these, packed, start);
                            if let Some(bias) = end {
                                add_biases(out, span, bias);
                            }
                            continue;
                        }
                        more.resize(out.len(), T::ZERO);
                        gathered(
                            &mut more,
                            span,
                            &self.blocks,
                            &laid[from..],
                            these,
                            packed,
                            &zeros,
                        );
                        add_rows(out, span, &more);
                    }
                }
            }
        }
    }
}

/// Adds a number to each row.
fn add_biases<T: Number>(out: &mut [T], (pitch, span): (usize, usize), bias: &[T]) {
    vectorize(
        #[inline(always)]
        || {
            for (row, b) in out.chunks_mut(pitch).zip(bias) {
                row[..span].iter_mut().for_each(|o| *o = o.plus(*b));
            }
        },
    );
}

/// Adds rows to rows.
fn add_rows<T: Number>(out: &mut [T], (pitch, span): (usize, usize), more: &[T]) {
    vectorize(
        #[inline(always)]
        || {
            for (row, more) in out.chunks_mut(pitch).zip(more.chunks(pitch)) {
                let pairs = row[..span].iter_mut().zip(&more[..span]);
                pairs.for_each(|(o, m)| *o = o.plus(*m));
            }
        },
    );
}
