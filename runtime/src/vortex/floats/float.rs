//! What `f32` and `f64` have in common here.

/// A float of either width.
pub(crate) trait Float: super::super::ints::Number {
    /// The bits of a value.
    const BITS: usize;
    /// The greatest power of ten that ALP tries.
    const EXPONENTS: usize;

    /// The bits, as a number that is not negative for 32 bits.
    fn bits(self) -> i64;
    /// The value of these bits.
    fn from_bits(bits: i64) -> Self;
    /// The whole number nearest to the value · 10^`exponent` · 10^−`factor`.
    fn to_number(self, exponent: usize, factor: usize) -> i64;
    /// The value `number` · 10^`factor` · 10^−`exponent`, in two multiplications of this width.
    fn from_number(number: i64, exponent: usize, factor: usize) -> Self;
}

const TENS: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];
const TENTHS: [f64; 19] = [
    1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15,
    1e-16, 1e-17, 1e-18,
];
const TENS_32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
const TENTHS_32: [f32; 11] = [1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];

impl Float for f64 {
    const BITS: usize = 64;
    const EXPONENTS: usize = TENS.len() - 1;

    fn bits(self) -> i64 {
        self.to_bits().cast_signed()
    }

    fn from_bits(bits: i64) -> Self {
        Self::from_bits(bits.cast_unsigned())
    }

    #[inline]
    fn to_number(self, exponent: usize, factor: usize) -> i64 {
        // adding and taking away 2^52 + 2^51 rounds, and is much faster than `round`
        const ROUND: f64 = 6_755_399_441_055_744.0;
        (self * TENS[exponent] * TENTHS[factor] + ROUND - ROUND) as i64
    }

    #[inline]
    fn from_number(number: i64, exponent: usize, factor: usize) -> Self {
        number as Self * TENS[factor] * TENTHS[exponent]
    }
}

impl Float for f32 {
    const BITS: usize = 32;
    const EXPONENTS: usize = TENS_32.len() - 1;

    fn bits(self) -> i64 {
        i64::from(self.to_bits())
    }

    fn from_bits(bits: i64) -> Self {
        Self::from_bits(bits as u32)
    }

    #[inline]
    fn to_number(self, exponent: usize, factor: usize) -> i64 {
        const ROUND: f32 = 12_582_912.0;
        (self * TENS_32[exponent] * TENTHS_32[factor] + ROUND - ROUND) as i64
    }

    #[inline]
    fn from_number(number: i64, exponent: usize, factor: usize) -> Self {
        number as Self * TENS_32[factor] * TENTHS_32[exponent]
    }
}
