//! The ziggurat method as NumPy's `Generator` has it: `random_standard_normal` and `random_standard_exponential` of
//! `distributions.c`.

use std::cell::OnceCell;

use super::bits::Bits;
use super::layers::{EXPONENTIAL, NORMAL};

/// Where the last layer of the normal distribution ends.
const NORMAL_END: f64 = 3.654_152_885_361_009;
/// Where the last layer of the exponential distribution ends.
const EXPONENTIAL_END: f64 = 7.697_117_470_131_05;

/// The layers of a density that falls.
struct Layers {
    widths: [f64; 256],
    inside: [u64; 256],
    heights: [f64; 256],
}

impl Layers {
    fn new(bits: &[u64; 256], scale: f64, density: fn(f64) -> f64) -> Layers {
        let widths = bits.map(f64::from_bits);
        let mut layers = Layers {
            widths,
            inside: [0; 256],
            heights: widths.map(|w| density(w * scale)),
        };
        for (i, inside) in layers.inside.iter_mut().enumerate() {
            // The innermost layer has nothing below it; the tail is the outermost one's rest.
            *inside = match i {
                1 => 0,
                i => (widths[(i + 255) % 256] / widths[i] * scale) as u64,
            };
        }
        layers.heights[0] = 1.0;
        layers
    }

    /// Whether a point above the inner part of a layer lies below the density.
    fn below(&self, i: usize, u: f64, density: f64) -> bool {
        (self.heights[i - 1] - self.heights[i]) * u + self.heights[i] < density
    }
}

thread_local! {
    static NORMAL_LAYERS: OnceCell<Box<Layers>> = const { OnceCell::new() };
    static EXPONENTIAL_LAYERS: OnceCell<Box<Layers>> = const { OnceCell::new() };
}

/// Standard normal numbers.
pub(super) fn normal(bits: &mut Bits, out: &mut [f64]) {
    NORMAL_LAYERS.with(|layers| {
        let make = || {
            Box::new(Layers::new(&NORMAL, 2f64.powi(52), |x| {
                (-0.5 * x * x).exp()
            }))
        };
        let layers = layers.get_or_init(make);
        out.iter_mut().for_each(|x| *x = one_normal(bits, layers));
    });
}

fn one_normal(bits: &mut Bits, layers: &Layers) -> f64 {
    loop {
        let r = bits.u64();
        let (i, negative, magnitude) = (
            (r & 0xff) as usize,
            r >> 8 & 1 == 1,
            r >> 9 & 0xf_ffff_ffff_ffff,
        );
        let x = magnitude as f64 * layers.widths[i];
        let x = if negative { -x } else { x };
        if magnitude < layers.inside[i] {
            return x;
        }
        if i > 0 {
            if layers.below(i, bits.double(), (-0.5 * x * x).exp()) {
                return x;
            }
            continue;
        }
        loop {
            let far = -(1.0 / NORMAL_END) * (-bits.double()).ln_1p();
            let y = -(-bits.double()).ln_1p();
            if y + y > far * far {
                let x = NORMAL_END + far;
                return if magnitude >> 8 & 1 == 1 { -x } else { x };
            }
        }
    }
}

/// Standard exponential numbers.
pub(super) fn exponential(bits: &mut Bits, out: &mut [f64]) {
    EXPONENTIAL_LAYERS.with(|layers| {
        let make = || Box::new(Layers::new(&EXPONENTIAL, 2f64.powi(53), |x| (-x).exp()));
        let layers = layers.get_or_init(make);
        out.iter_mut()
            .for_each(|x| *x = one_exponential(bits, layers));
    });
}

fn one_exponential(bits: &mut Bits, layers: &Layers) -> f64 {
    loop {
        let r = bits.u64() >> 3;
        let (i, magnitude) = ((r & 0xff) as usize, r >> 8);
        let x = magnitude as f64 * layers.widths[i];
        if magnitude < layers.inside[i] {
            return x;
        }
        if i == 0 {
            return EXPONENTIAL_END - (-bits.double()).ln_1p();
        }
        if layers.below(i, bits.double(), (-x).exp()) {
            return x;
        }
    }
}
