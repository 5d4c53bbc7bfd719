//! Sums that go on from the sums of others, as exact as the server's own.

use bson::Bson;

use super::decimal::{Decimal, divided};

/// What was added up so far. Whole numbers and decimals are exact; doubles carry the digits
/// along that their own sum has no room for, as they do on the server, so that nothing
/// depends on which store answers first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Total {
    whole: i128,
    /// Whether there was a 64-bit integer, which the sum is then, too.
    is_long: bool,
    double: Option<Doubled>,
    decimal: Option<Decimal>,
}

/// A double and what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Doubled {
    sum: f64,
    lacks: f64,
    /// The plain sum, for infinities and what is no number.
    plain: f64,
}

impl Doubled {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        let part = sum - self.sum;
        self.lacks += (self.sum - (sum - part)) + (number - part);
        self.sum = sum;
        self.plain += number;
    }

    fn value(self) -> f64 {
        let value = self.sum + self.lacks;
        if value.is_finite() { value } else { self.plain }
    }
}

impl Total {
    /// Adds a number; anything else does not count.
    pub(crate) fn add(&mut self, value: &Bson) {
        match value {
            Bson::Int32(number) => self.whole += i128::from(*number),
            Bson::Int64(number) => {
                self.whole += i128::from(*number);
                self.is_long = true;
            }
            Bson::Double(number) => self.double.get_or_insert_default().add(*number),
            Bson::Decimal128(number) => {
                let number = Decimal::read(*number);
                self.decimal = Some(self.decimal.map_or(number, |sum| sum.plus(number)));
            }
            _ => {}
        }
    }

    /// The sum: whole numbers stay whole and grow into 64 bits, then into doubles; a double
    /// makes it one, and a decimal makes it one.
    pub(crate) fn value(&self) -> Bson {
        if let Some(decimal) = self.with_decimals() {
            return Bson::Decimal128(decimal.write());
        }
        if self.double.is_some() {
            return Bson::Double(self.doubled().value());
        }
        match (i32::try_from(self.whole), i64::try_from(self.whole)) {
            (Ok(short), _) if !self.is_long => Bson::Int32(short),
            (_, Ok(long)) => Bson::Int64(long),
            _ => Bson::Double(self.doubled().value()),
        }
    }

    /// The sum divided by a count as `$avg` gives it: a decimal for decimals, else a double.
    /// `None` for a count of 0.
    #[expect(clippy::cast_precision_loss, reason = "what the server does, too")]
    pub(crate) fn mean(&self, count: i64) -> Option<Bson> {
        (count > 0).then_some(())?;
        Some(match self.with_decimals() {
            Some(decimal) => Bson::Decimal128(divided(decimal, count.into()).write()),
            None => Bson::Double(self.doubled().value() / count as f64),
        })
    }

    /// All of it as a decimal, where there was one.
    fn with_decimals(&self) -> Option<Decimal> {
        let decimal = self.decimal?;
        let whole = Decimal::Finite { coefficient: self.whole, exponent: 0 };
        let sum = if self.whole == 0 { decimal } else { decimal.plus(whole) };
        let Some(double) = self.double else { return Some(sum) };
        if !double.sum.is_finite() {
            return Some(sum.plus(Decimal::of_double(double.plain)));
        }
        let parts = Decimal::of_double(double.sum).plus(Decimal::of_double(double.lacks));
        Some(sum.plus(parts))
    }

    /// What is whole and what is double.
    #[expect(clippy::cast_precision_loss, reason = "what is lost is added after it")]
    fn doubled(&self) -> Doubled {
        let mut doubled = self.double.unwrap_or_default();
        let first = self.whole as f64;
        doubled.add(first);
        // A sum of 64-bit integers is far from where this could not be taken back.
        #[expect(clippy::cast_possible_truncation, reason = "it was whole before")]
        doubled.add((self.whole - first as i128) as f64);
        doubled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Bson {
        Bson::Decimal128(text.parse().unwrap())
    }

    fn total(values: &[Bson]) -> Total {
        let mut total = Total::default();
        for value in values {
            total.add(value);
        }
        total
    }

    /// Every order of up to three values gives the same.
    #[track_caller]
    fn assert_sum(values: &[Bson; 3], sum: &Bson) {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let ordered: Vec<Bson> = order.iter().map(|&at| values[at].clone()).collect();
            assert_eq!(total(&ordered).value(), *sum, "{ordered:?}");
        }
    }

    #[test]
    fn whole_numbers_grow_as_far_as_they_must() {
        let (one, long) = (Bson::Int32(1), Bson::Int64(i64::MAX));
        assert_sum(&[one.clone(), one.clone(), one.clone()], &Bson::Int32(3));
        assert_sum(&[one.clone(), Bson::Int64(1), one.clone()], &Bson::Int64(3));
        let large = Bson::Int32(i32::MAX);
        assert_sum(&[large.clone(), one.clone(), one.clone()], &Bson::Int64(2_147_483_649));
        let sum = Bson::Double(18_446_744_073_709_551_615.0);
        assert_sum(&[long.clone(), long.clone(), one.clone()], &sum);
        assert_sum(&[long, one, Bson::Int64(i64::MIN)], &Bson::Int64(0));
        assert_eq!(total(&[]).value(), Bson::Int32(0));
        assert_eq!(total(&[Bson::Null, "text".into()]).value(), Bson::Int32(0));
    }

    #[test]
    fn doubles_lose_nothing_beside_what_is_large() {
        let doubles = |values: [f64; 3]| values.map(Bson::Double);
        assert_sum(&doubles([1e16, 1.0, -1e16]), &Bson::Double(1.0));
        let (large, long) = (Bson::Double(-1e18), Bson::Int64(1_000_000_000_000_000_001));
        assert_sum(&[large, long, Bson::Int32(1)], &Bson::Double(2.0));
        assert_sum(&doubles([f64::INFINITY, 1.0, 2.0]), &Bson::Double(f64::INFINITY));
        let none = total(&doubles([f64::INFINITY, 1.0, f64::NEG_INFINITY])).value();
        assert!(none.as_f64().unwrap().is_nan());
    }

    #[test]
    fn a_decimal_makes_the_sum_one() {
        assert_sum(&[decimal("0.1"), decimal("0.2"), decimal("0.30")], &decimal("0.60"));
        assert_sum(&[decimal("0.1"), Bson::Double(0.25), Bson::Int32(-7)], &decimal("-6.65"));
        let infinite = [decimal("1"), Bson::Double(f64::INFINITY), Bson::Int32(1)];
        assert_sum(&infinite, &decimal("Infinity"));
    }

    #[test]
    fn means_are_of_the_whole() {
        let values = [Bson::Int32(1), Bson::Double(0.5), Bson::Int64(2)];
        assert_eq!(total(&values).mean(7), Some(Bson::Double(0.5)));
        assert_eq!(total(&[decimal("10.00")]).mean(4), Some(decimal("2.50")));
        let third = decimal("0.3333333333333333333333333333333333");
        assert_eq!(total(&[decimal("1")]).mean(3), Some(third));
        assert_eq!(total(&values).mean(0), None);
    }
}
