//! NumPy's streams of random bits, MT19937 and PCG64, and what is drawn from them by the million.
//!
//! Sources: NumPy's `_mt19937`, `_pcg64`, `distributions.c` and `legacy-distributions.c`.

use crate::tensor::core::generator::Generator;

/// The multiplier of PCG's linear congruential generator of 128 bits.
const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// Where bits come from.
pub(super) enum Source {
    /// The Mersenne Twister, which torch draws from as well.
    Twister(Generator),
    /// PCG XSL RR 128/64.
    Pcg {
        /// The state.
        state: u128,
        /// The increment, an odd number.
        step: u128,
    },
}

/// A stream of random bits.
pub(super) struct Bits {
    /// Where they come from.
    pub(super) source: Source,
    /// The second normal number of a pair, of the legacy generator.
    pub(super) kept: Option<f64>,
    /// The upper half of a word whose lower half was used.
    pub(super) half: Option<u32>,
}

/// The rest of a word that is used up in small pieces.
#[derive(Default)]
struct Pieces {
    word: u32,
    left: u32,
}

/// The bits that a number up to this needs, all set.
fn mask_of(most: u64) -> u64 {
    u64::MAX.checked_shr(most.leading_zeros()).unwrap_or(0)
}

impl Bits {
    /// 64 bits.
    pub(super) fn u64(&mut self) -> u64 {
        match &mut self.source {
            Source::Twister(generator) => generator.draw().u64(),
            Source::Pcg { state, step } => {
                *state = state.wrapping_mul(MULTIPLIER).wrapping_add(*step);
                let mixed = (*state >> 64) as u64 ^ *state as u64;
                mixed.rotate_right((*state >> 122) as u32)
            }
        }
    }

    /// 32 bits.
    pub(super) fn u32(&mut self) -> u32 {
        if let Source::Twister(generator) = &self.source {
            return generator.draw().u32();
        }
        if let Some(half) = self.half.take() {
            return half;
        }
        let word = self.u64();
        self.half = Some((word >> 32) as u32);
        word as u32
    }

    /// Uniform in [0, 1) with 53 bits.
    pub(super) fn double(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;
        match &self.source {
            Source::Twister(generator) => {
                let mut draw = generator.draw();
                let (a, b) = (draw.u32() >> 5, draw.u32() >> 6);
                (f64::from(a) * 67_108_864.0 + f64::from(b)) * UNIT
            }
            Source::Pcg { .. } => (self.u64() >> 11) as f64 * UNIT,
        }
    }

    /// Standard normal by the polar method, as before NumPy 1.17.
    pub(super) fn gauss(&mut self) -> f64 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        loop {
            let x = 2.0 * self.double() - 1.0;
            let y = 2.0 * self.double() - 1.0;
            let r = x * x + y * y;
            if r < 1.0 && r != 0.0 {
                let f = (-2.0 * r.ln() / r).sqrt();
                self.kept = Some(f * x);
                return f * y;
            }
        }
    }

    /// So many bits of a word that lasts for several draws.
    fn piece(&mut self, pieces: &mut Pieces, bits: u32) -> u32 {
        if pieces.left == 0 {
            *pieces = Pieces {
                word: self.u32(),
                left: 32 / bits,
            };
        } else {
            pieces.word >>= bits;
        }
        pieces.left -= 1;
        pieces.word & (u32::MAX >> (32 - bits))
    }

    /// An integer from 0 to `most`, in as many bits as the dtype has: by rejection of what is masked, or by Lemire's
    /// method (2019).
    fn bounded(&mut self, most: u64, bits: u32, masked: bool, pieces: &mut Pieces) -> u64 {
        if most == 0 {
            return 0;
        }
        let bits = match bits {
            64 if most <= u64::from(u32::MAX) => 32,
            bits => bits,
        };
        let mut draw = |this: &mut Bits| match bits {
            64 => this.u64(),
            32 => u64::from(this.u32()),
            bits => u64::from(this.piece(pieces, bits)),
        };
        let all = u64::MAX >> (64 - bits);
        if most == all {
            return draw(self);
        }
        if masked || bits == 1 {
            let mask = mask_of(most);
            loop {
                let value = draw(self) & mask;
                if value <= most {
                    return value;
                }
            }
        }
        let range = u128::from(most) + 1;
        let mut product = u128::from(draw(self)) * range;
        let low = |product: u128| product & u128::from(all);
        if low(product) < range {
            let threshold = u128::from(all - most) % range;
            while low(product) < threshold {
                product = u128::from(draw(self)) * range;
            }
        }
        (product >> bits) as u64
    }

    /// Integers from `low` to `low + most`.
    pub(super) fn integers(
        &mut self,
        out: &mut [i64],
        low: i64,
        most: u64,
        bits: u32,
        masked: bool,
    ) {
        let mut pieces = Pieces::default();
        for x in out {
            *x = low.wrapping_add(self.bounded(most, bits, masked, &mut pieces) as i64);
        }
    }

    /// Shuffles (Fisher and Yates, from the end down to `first`).
    pub(super) fn shuffle(&mut self, items: &mut [i64], first: usize, masked: bool) {
        for i in (first.max(1)..items.len()).rev() {
            let j = self.bounded(i as u64, 64, masked, &mut Pieces::default());
            items.swap(i, j as usize);
        }
    }
}
