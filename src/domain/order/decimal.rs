//! Numbers of all four types against each other, and sums of them.

use std::cmp::Ordering;

use bson::{Bson, Decimal128};

/// Most digits of a Decimal128.
const DIGITS: u32 = 34;
/// The bias of the exponent in the encoding.
const BIAS: i32 = 6176;

/// A Decimal128 taken apart: `coefficient × 10^exponent`, where it is finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimal {
    /// Below every number.
    NaN,
    /// Negative infinity, or positive.
    Infinite {
        /// Which one.
        is_negative: bool,
    },
    /// A number.
    Finite {
        /// At most 34 digits, with its sign.
        coefficient: i128,
        /// The power of ten.
        exponent: i32,
    },
}

impl Decimal {
    /// Reads the binary integer encoding of IEEE 754.
    pub(super) fn read(decimal: Decimal128) -> Self {
        let bits = u128::from_le_bytes(decimal.bytes());
        let is_negative = bits >> 127 == 1;
        if bits >> 122 & 0b11111 == 0b11111 {
            return Self::NaN;
        }
        if bits >> 122 & 0b11111 == 0b11110 {
            return Self::Infinite { is_negative };
        }
        // The other form of the coefficient is beyond 34 digits, which counts as zero.
        let is_large = bits >> 125 & 0b11 == 0b11;
        let biased = if is_large { bits >> 111 & 0x3FFF } else { bits >> 113 & 0x3FFF };
        let coefficient = if is_large { 0 } else { bits & ((1 << 113) - 1) };
        let coefficient = i128::try_from(coefficient).unwrap_or(0);
        let coefficient = if coefficient >= 10_i128.pow(DIGITS) { 0 } else { coefficient };
        let exponent = i32::try_from(biased).unwrap_or(0) - BIAS;
        Self::Finite { coefficient: if is_negative { -coefficient } else { coefficient }, exponent }
    }

    fn of(value: &Bson) -> Option<Self> {
        match value {
            Bson::Int32(number) => {
                Some(Self::Finite { coefficient: (*number).into(), exponent: 0 })
            }
            Bson::Int64(number) => {
                Some(Self::Finite { coefficient: (*number).into(), exponent: 0 })
            }
            Bson::Double(number) => Some(Self::of_double(*number)),
            Bson::Decimal128(decimal) => Some(Self::read(*decimal)),
            _ => None,
        }
    }

    /// A double with as many digits as the server adds it up with: 34, or fewer where those
    /// say it all. 17 tell doubles apart, and say nothing about decimals
    /// and long integers that lie between them.
    pub(super) fn of_double(number: f64) -> Self {
        if number.is_nan() {
            return Self::NaN;
        }
        if number.is_infinite() {
            return Self::Infinite { is_negative: number < 0.0 };
        }
        let text = format!("{number:.33e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mut coefficient: i128 = digits.replace('.', "").parse().unwrap_or(0);
        let mut exponent = exponent.parse().unwrap_or(0) - 33;
        while exponent < 0 && coefficient % 10 == 0 {
            (coefficient, exponent) = (coefficient / 10, exponent + 1);
        }
        Self::Finite { coefficient, exponent }
    }

    /// The Decimal128 with this value, rounded half to even where it has more than 34 digits.
    pub(super) fn write(self) -> Decimal128 {
        let text = match self {
            Self::NaN => "NaN".to_owned(),
            Self::Infinite { is_negative: true } => "-Infinity".to_owned(),
            Self::Infinite { is_negative: false } => "Infinity".to_owned(),
            Self::Finite { coefficient, exponent } => {
                let (coefficient, exponent) = rounded(coefficient, exponent);
                format!("{coefficient}E{exponent}")
            }
        };
        let nan = || Decimal128::from_bytes((0b11111_u128 << 122).to_le_bytes());
        text.parse().unwrap_or_else(|_| nan())
    }

    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::NaN, _) | (_, Self::NaN) => Self::NaN,
            (Self::Infinite { is_negative }, Self::Infinite { is_negative: other }) => {
                if is_negative == other {
                    self
                } else {
                    Self::NaN
                }
            }
            (Self::Infinite { .. }, _) => self,
            (_, Self::Infinite { .. }) => other,
            (
                Self::Finite { coefficient: left, exponent: left_exponent },
                Self::Finite { coefficient: right, exponent: right_exponent },
            ) => add((left, left_exponent), (right, right_exponent)),
        }
    }
}

/// Rounds half to even until at most 34 digits are left.
fn rounded(coefficient: i128, exponent: i32) -> (i128, i32) {
    let digits = digits_of(coefficient);
    if digits <= DIGITS {
        return (coefficient, exponent);
    }
    let cut = digits - DIGITS;
    let unit = 10_i128.pow(cut);
    let (kept, rest) = (coefficient / unit, (coefficient % unit).abs());
    let is_up = match (rest * 2).cmp(&unit) {
        Ordering::Greater => true,
        Ordering::Equal => kept % 2 != 0,
        Ordering::Less => false,
    };
    let kept = if is_up { kept + coefficient.signum() } else { kept };
    (kept, exponent + i32::try_from(cut).unwrap_or(0))
}

fn digits_of(coefficient: i128) -> u32 {
    coefficient.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

fn add(left: (i128, i32), right: (i128, i32)) -> Decimal {
    let (high, low) = if left.1 >= right.1 { (left, right) } else { (right, left) };
    if high.0 == 0 {
        return Decimal::Finite { coefficient: low.0, exponent: low.1 };
    }
    // As far down as 38 digits allow, of which 34 count.
    let room = 37_u32.saturating_sub(digits_of(high.0));
    let distance = u32::try_from(high.1 - low.1).unwrap_or(0);
    let shift = distance.min(room);
    let dropped = distance - shift;
    let scaled = high.0 * 10_i128.pow(shift);
    let unit = 10_i128.checked_pow(dropped);
    let (other, rest) = unit.map_or((0, low.0), |unit| (low.0 / unit, low.0 % unit));
    // A digit for all those that do not fit: without it, a bit more than a half is a half.
    let other = if rest != 0 && other % 5 == 0 { other + low.0.signum() } else { other };
    let exponent = high.1 - i32::try_from(shift).unwrap_or(0);
    let (coefficient, exponent) = rounded(scaled + other, exponent);
    Decimal::Finite { coefficient, exponent }
}

/// How two numbers are ordered: not-a-number below all, and by value across the types.
pub(super) fn compare_numbers(left: &Bson, right: &Bson) -> Ordering {
    if let (Bson::Double(left), Bson::Double(right)) = (left, right)
        && let Some(order) = left.partial_cmp(right)
    {
        return order;
    }
    let order = match (Decimal::of(left), Decimal::of(right)) {
        (Some(left), Some(right)) => compare_decimals(left, right),
        _ => Ordering::Equal,
    };
    order.then_with(|| match (left, right) {
        (Bson::Double(left), Bson::Decimal128(_)) => beyond(*left),
        (Bson::Decimal128(_), Bson::Double(right)) => beyond(*right).reverse(),
        _ => Ordering::Equal,
    })
}

/// On which side of its first 34 digits a double is: it may have up to 767.
fn beyond(number: f64) -> Ordering {
    let written = (format!("{:.766e}", number.abs()), format!("{:.33e}", number.abs()));
    let (Some((all, exponent)), Some((first, rounded))) =
        (written.0.split_once('e'), written.1.split_once('e'))
    else {
        return Ordering::Equal;
    };
    // What was rounded up to the next power of ten is beyond the double.
    let zeros = std::iter::repeat('0');
    let size = if exponent == rounded {
        all.chars().cmp(first.chars().chain(zeros).take(all.len()))
    } else {
        Ordering::Less
    };
    if number < 0.0 { size.reverse() } else { size }
}

fn compare_decimals(left: Decimal, right: Decimal) -> Ordering {
    match (left, right) {
        (Decimal::NaN, Decimal::NaN) => Ordering::Equal,
        (Decimal::NaN, _) => Ordering::Less,
        (_, Decimal::NaN) => Ordering::Greater,
        (Decimal::Infinite { is_negative: left }, Decimal::Infinite { is_negative: right }) => {
            right.cmp(&left)
        }
        (Decimal::Infinite { is_negative }, _) => {
            if is_negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (_, Decimal::Infinite { is_negative }) => {
            if is_negative {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (
            Decimal::Finite { coefficient: left, exponent: left_exponent },
            Decimal::Finite { coefficient: right, exponent: right_exponent },
        ) => {
            let signs = left.signum().cmp(&right.signum());
            if signs != Ordering::Equal || left == 0 {
                return signs;
            }
            let size = magnitude((left.abs(), left_exponent), (right.abs(), right_exponent));
            if left > 0 { size } else { size.reverse() }
        }
    }
}

/// Two positive numbers by size, without ever computing a power that does not fit.
fn magnitude(left: (i128, i32), right: (i128, i32)) -> Ordering {
    let places = |(coefficient, exponent): (i128, i32)| {
        i32::try_from(digits_of(coefficient)).unwrap_or(0) + exponent
    };
    places(left).cmp(&places(right)).then_with(|| {
        // The same number of places: bring both to the same exponent, at most 38 digits.
        let lowest = left.1.min(right.1);
        let scaled = |(coefficient, exponent): (i128, i32)| {
            coefficient.saturating_mul(
                10_i128.saturating_pow(u32::try_from(exponent - lowest).unwrap_or(0)),
            )
        };
        scaled(left).cmp(&scaled(right))
    })
}

/// Long division, digit by digit, to 35 digits; the last one only rounds.
pub(super) fn divided(total: Decimal, count: i128) -> Decimal {
    let Decimal::Finite { coefficient, exponent } = total else { return total };
    let (mut result, mut rest) = (coefficient / count, coefficient % count);
    let mut exponent = exponent;
    while rest != 0 && digits_of(result) <= DIGITS {
        rest *= 10;
        result = result * 10 + rest / count;
        rest %= count;
        exponent -= 1;
    }
    Decimal::Finite { coefficient: result, exponent }
}
