//! Vectors by name, for sums that depend on those before: compilers take loops over the few elements of a vector apart
//! before they could see one in them.

use crate::tensor::array::Real;

/// What the machine does with vectors of elements.
pub trait Vectors<T: Real>: Copy {
    /// A vector.
    type Vector: Copy;
    /// The elements of a vector.
    type Lanes: AsRef<[T]>;
    /// How many elements a vector has.
    const LANES: usize;

    /// The same element in all lanes.
    fn splat(self, x: T) -> Self::Vector;
    /// The first elements of a slice.
    fn load(self, x: &[T]) -> Self::Vector;
    /// `a + b`
    fn plus(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`
    fn minus(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b`
    fn times(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once.
    fn fused(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// The elements.
    fn lanes(self, x: Self::Vector) -> Self::Lanes;
}

/// Arrays of `W` elements, for element types and machines without vectors of their own here.
#[derive(Clone, Copy)]
pub struct Plain<const W: usize>;

impl<T: Real, const W: usize> Vectors<T> for Plain<W> {
    type Vector = [T; W];
    type Lanes = [T; W];
    const LANES: usize = W;

    #[inline(always)]
    fn splat(self, x: T) -> [T; W] {
        [x; W]
    }
    #[inline(always)]
    fn load(self, x: &[T]) -> [T; W] {
        let x = &x[..W];
        std::array::from_fn(|i| x[i])
    }
    #[inline(always)]
    fn plus(self, a: [T; W], b: [T; W]) -> [T; W] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn minus(self, a: [T; W], b: [T; W]) -> [T; W] {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn times(self, a: [T; W], b: [T; W]) -> [T; W] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn fused(self, a: [T; W], b: [T; W], c: [T; W]) -> [T; W] {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn lanes(self, x: [T; W]) -> [T; W] {
        x
    }
}

#[cfg(target_arch = "x86_64")]
impl Vectors<f32> for pulp::x86::V3 {
    type Vector = pulp::f32x8;
    type Lanes = [f32; 8];
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(self, x: f32) -> pulp::f32x8 {
        self.splat_f32x8(x)
    }
    #[inline(always)]
    fn load(self, x: &[f32]) -> pulp::f32x8 {
        pulp::bytemuck::pod_read_unaligned(pulp::bytemuck::cast_slice(&x[..8]))
    }
    #[inline(always)]
    fn plus(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        self.add_f32x8(a, b)
    }
    #[inline(always)]
    fn minus(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        self.sub_f32x8(a, b)
    }
    #[inline(always)]
    fn times(self, a: pulp::f32x8, b: pulp::f32x8) -> pulp::f32x8 {
        self.mul_f32x8(a, b)
    }
    #[inline(always)]
    fn fused(self, a: pulp::f32x8, b: pulp::f32x8, c: pulp::f32x8) -> pulp::f32x8 {
        self.mul_add_f32x8(a, b, c)
    }
    #[inline(always)]
    fn lanes(self, x: pulp::f32x8) -> [f32; 8] {
        pulp::cast(x)
    }
}
