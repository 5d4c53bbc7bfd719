//! Numbers as they are written, and arithmetic on them.

use bson::Bson;

/// The literal at the beginning of the text, and how many bytes it takes. The sign stands
/// before the text and is not part of it.
pub(super) fn literal(text: &str, is_negative: bool) -> Result<(Bson, usize), String> {
    for (radix, prefix) in [(16, "0x"), (16, "0X"), (8, "0o"), (8, "0O"), (2, "0b"), (2, "0B")] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return in_radix(digits, radix, is_negative).map(|(value, length)| (value, length + 2));
        }
    }
    let length = decimal_length(text.as_bytes());
    let digits = text[..length].replace('_', "");
    if digits.is_empty() || digits == "." {
        return Err("expected a number, found `.`".to_owned());
    }
    let signed = if is_negative { format!("-{digits}") } else { digits };
    if text[length..].starts_with('n') {
        let whole = signed.parse().map(Bson::Int64);
        return whole.map(|value| (value, length + 1)).map_err(|_| too_large(&signed));
    }
    let is_whole = signed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let value = match signed.parse::<i64>() {
        // Minus zero is a double of its own.
        Ok(0) if is_negative => Bson::Double(-0.0),
        Ok(whole) if is_whole => whole_number(whole),
        _ => Bson::Double(signed.parse().map_err(|_| format!("`{signed}` is no number"))?),
    };
    Ok((value, length))
}

fn too_large(digits: &str) -> String {
    format!("`{digits}` does not fit in 64 bits; use `NumberDecimal(\"...\")`")
}

/// A whole number in the smallest type that holds it.
pub(super) fn whole_number(number: i64) -> Bson {
    i32::try_from(number).map_or(Bson::Int64(number), Bson::Int32)
}

fn in_radix(text: &str, radix: u32, is_negative: bool) -> Result<(Bson, usize), String> {
    let length = text.find(|char: char| !char.is_digit(radix) && char != '_').unwrap_or(text.len());
    let digits = text[..length].replace('_', "");
    let number = i64::from_str_radix(&digits, radix);
    let number =
        number.map_err(|_| format!("expected digits of base {radix} that fit in 64 bits"))?;
    Ok((whole_number(if is_negative { -number } else { number }), length))
}

/// How many bytes digits, one point and an exponent take.
fn decimal_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        let is_digit = |byte: &&u8| byte.is_ascii_digit() || **byte == b'_';
        from + bytes.iter().skip(from).take_while(is_digit).count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if end > 0 && matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// The value with its sign turned around.
pub(super) fn negated(value: &Bson) -> Result<Bson, String> {
    match value {
        Bson::Int32(number) => {
            Ok(number.checked_neg().map_or_else(|| Bson::Int64(-i64::from(*number)), Bson::Int32))
        }
        Bson::Int64(number) => {
            number.checked_neg().map(Bson::Int64).ok_or_else(|| too_large("-..."))
        }
        Bson::Double(number) => Ok(Bson::Double(-number)),
        other => Err(no_number(other)),
    }
}

/// Arithmetic: exact on whole numbers where the result is one, else on doubles.
pub(super) fn calculate(left: &Bson, operator: char, right: &Bson) -> Result<Bson, String> {
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        let exact = match operator {
            '+' => left.checked_add(right),
            '-' => left.checked_sub(right),
            '*' => left.checked_mul(right),
            '/' if right != 0 && left.checked_rem(right) == Some(0) => left.checked_div(right),
            '%' => left.checked_rem(right),
            _ => None,
        };
        if let Some(exact) = exact {
            return Ok(whole_number(exact));
        }
    }
    let (left, right) = (double(left)?, double(right)?);
    Ok(Bson::Double(match operator {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' => left / right,
        _ => left % right,
    }))
}

/// A whole number; of a date the milliseconds since 1970, as JavaScript computes with dates.
fn whole(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(number) => Some((*number).into()),
        Bson::Int64(number) => Some(*number),
        Bson::DateTime(date) => Some(date.timestamp_millis()),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "JavaScript computes with doubles")]
fn double(value: &Bson) -> Result<f64, String> {
    match value {
        Bson::Double(number) => Ok(*number),
        other => whole(other).map(|number| number as f64).ok_or_else(|| no_number(other)),
    }
}

fn no_number(value: &Bson) -> String {
    format!("expected a number to calculate with, found {}", super::kind_of(value))
}
