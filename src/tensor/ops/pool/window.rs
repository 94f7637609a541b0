//! Which elements each output of a pooling looks at.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Dims, Result};

/// A range of one dimension: `start`, `start + step` ... before `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) step: usize,
    /// What the range counts for in a mean.
    pub(super) count: usize,
}

/// The windows along depth, height and width of a pooling, and the shapes around it.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) along: [Vec<Window>; 3],
    /// Sizes of the input along them.
    pub(super) input: [usize; 3],
    /// The input's shape.
    pub(super) from: Dims,
    /// The output's shape.
    pub(super) to: Dims,
    /// Divides sums instead of the count.
    pub(super) divisor: Option<i64>,
}

impl Windows {
    /// Puts the windows of the last dimensions together.
    pub(super) fn new(shape: &[usize], last: Vec<Vec<Window>>) -> Windows {
        let dims = last.len();
        let lead = shape.len() - dims;
        let mut to = Dims::from_slice(&shape[..lead]);
        to.extend(last.iter().map(Vec::len));
        let whole = vec![Window {
            start: 0,
            end: 1,
            step: 1,
            count: 1,
        }];
        let mut along = [whole.clone(), whole.clone(), whole];
        let mut input = [1; 3];
        for (i, windows) in last.into_iter().enumerate() {
            along[3 - dims + i] = windows;
            input[3 - dims + i] = shape[lead + i];
        }
        Windows {
            along,
            input,
            from: Dims::from_slice(shape),
            to,
            divisor: None,
        }
    }

    /// Elements of a channel of the input.
    pub(super) fn input_plane(&self) -> usize {
        self.input.iter().product()
    }

    /// Elements of a channel of the output.
    pub(super) fn output_plane(&self) -> usize {
        self.along.iter().map(Vec::len).product()
    }

    /// Whether windows are neighbours of `size` elements that lie inside and do not overlap.
    pub(super) fn is_tiled(&self, size: [usize; 3]) -> bool {
        let tiled = |(windows, n): (&Vec<Window>, usize)| {
            let mut each = windows.iter().enumerate();
            each.all(|(i, w)| w.start == i * n && w.end == (i + 1) * n && w.step == 1)
        };
        self.along.iter().zip(size).all(tiled)
    }

    /// Calls the function for each output of a channel with its three windows.
    #[inline(always)]
    pub(super) fn each(&self, mut f: impl FnMut(usize, &Window, &Window, &Window)) {
        let mut at = 0;
        for d in &self.along[0] {
            for h in &self.along[1] {
                for w in &self.along[2] {
                    f(at, d, h, w);
                    at += 1;
                }
            }
        }
    }
}

/// The numbers of a pooling along one dimension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) kernel: i64,
    pub(super) stride: i64,
    pub(super) padding: i64,
    pub(super) dilation: i64,
}

impl Step {
    /// Takes each element as it is.
    pub(super) const WHOLE: Step = Step {
        kernel: 1,
        stride: 1,
        padding: 0,
        dilation: 1,
    };

    /// How far the last element of a window is from the first.
    pub(super) fn reach(&self) -> Option<i64> {
        (self.kernel - 1).checked_mul(self.dilation)
    }

    /// How many outputs there are (`pooling_output_shape` in ATen).
    pub(super) fn outputs(&self, size: usize, ceil: bool) -> i64 {
        let size = size as i64;
        let extra = if ceil { self.stride - 1 } else { 0 };
        let reach = self.dilation.saturating_mul(self.kernel - 1);
        let free = size + 2 * self.padding - 1 + extra;
        let free = free.saturating_sub(reach);
        let out = free.div_euclid(self.stride) + 1;
        // The last window has to start inside the input or its left border.
        if ceil && (out - 1) * self.stride >= size + self.padding {
            out - 1
        } else {
            out
        }
    }

    /// The windows; `borders` says whether padding counts in means.
    pub(super) fn windows(&self, size: usize, outputs: usize, borders: bool) -> Vec<Window> {
        let n = size as i64;
        (0..outputs as i64)
            .map(|o| {
                let mut start = o * self.stride - self.padding;
                let full = start + (self.kernel - 1) * self.dilation + 1;
                let padded = full.min(n + self.padding) - start;
                let end = full.min(n);
                while start < 0 {
                    start += self.dilation;
                }
                let inner = (end - start).max(0);
                Window {
                    start: start as usize,
                    end: end.max(start) as usize,
                    step: self.dilation as usize,
                    count: if borders { padded } else { inner }.max(0) as usize,
                }
            })
            .collect()
    }
}

/// The windows of an adaptive pooling: the input cut into `outputs` ranges that may overlap by one.
pub(super) fn adaptive(size: usize, outputs: usize) -> Vec<Window> {
    (0..outputs)
        .map(|o| {
            let start = o * size / outputs;
            let end = ((o + 1) * size).div_ceil(outputs);
            Window {
                start,
                end,
                step: 1,
                count: end - start,
            }
        })
        .collect()
}

/// Three numbers from one or as many as there are dimensions.
pub(super) fn each(
    op: &str,
    name: &str,
    given: &[i64],
    dims: usize,
    words: &str,
) -> Result<Vec<i64>> {
    ensure!(
        given.len() == 1 || given.len() == dims,
        "{op}: {name} must either be {}a single int, or a tuple of {words} ints",
        if name == "stride" { "omitted, " } else { "" }
    );
    Ok(if given.len() == 1 {
        vec![given[0]; dims]
    } else {
        given.to_vec()
    })
}
