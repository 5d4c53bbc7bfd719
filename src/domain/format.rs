//! Numbers with their units, as every screen and report writes them.

use std::time::Duration;

/// A size in bytes: `0 B`, `999 B`, `1.2 kB`, `34 MB`. Units are powers of 1000.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = UNITS[0];
    let mut divisor = 1000_u64;
    for larger in &UNITS[1..] {
        // 999.5 of a unit already reads as 1.0 of the next one.
        if bytes < divisor.saturating_mul(1000) - divisor / 2 {
            break;
        }
        unit = larger;
        divisor = divisor.saturating_mul(1000);
    }
    format!("{} {unit}", two_digits(bytes, divisor))
}

/// A count with a comma between thousands: `1,234,567`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A coarse age: `now`, `12 s`, `3 min`, `2 h`, `5 d`. Rounds down; under a second is `now`.
pub fn age(age: Duration) -> String {
    match age.as_secs() {
        0 => "now".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// How long ago something was: `just now`, `12 s ago`, `3 min ago`.
pub fn ago(since: Duration) -> String {
    match since.as_secs() {
        0 => "just now".to_owned(),
        _ => format!("{} ago", age(since)),
    }
}

/// A latency: `<1 ms`, `12 ms`, `1.2 s`.
pub fn latency(latency: Duration) -> String {
    match latency.as_millis() {
        0 => "<1 ms".to_owned(),
        milliseconds @ 1..1000 => format!("{milliseconds} ms"),
        milliseconds => {
            format!("{} s", two_digits(u64::try_from(milliseconds).unwrap_or(u64::MAX), 1000))
        }
    }
}

/// A setting's duration, exact and in the largest unit that divides it: `250ms`, `4s`, `2m`.
///
/// The configuration reads what this writes.
pub fn setting(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if !milliseconds.is_multiple_of(1000) {
        return format!("{milliseconds}ms");
    }
    match duration.as_secs() {
        seconds if seconds != 0 && seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds != 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// `amount / divisor` with one decimal below ten, rounded to a whole number from ten on.
fn two_digits(amount: u64, divisor: u64) -> String {
    let tenths = (u128::from(amount) * 10 + u128::from(divisor) / 2) / u128::from(divisor);
    if tenths < 100 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        ((u128::from(amount) + u128::from(divisor) / 2) / u128::from(divisor)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_and_a_unit() {
        for (size, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1234, "1.2 kB"),
            (9949, "9.9 kB"),
            (9950, "10 kB"),
            (34_400, "34 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_500_000_000, "1.5 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn counts_have_a_comma_between_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn ages_are_coarse() {
        for (seconds, text) in [
            (0, "now"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (7200, "2 h"),
            (86_399, "23 h"),
            (432_000, "5 d"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
            let said = if seconds == 0 { "just now".to_owned() } else { format!("{text} ago") };
            assert_eq!(ago(Duration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn latencies_fit_a_narrow_column() {
        for (micros, text) in [
            (0, "<1 ms"),
            (999, "<1 ms"),
            (12_000, "12 ms"),
            (999_999, "999 ms"),
            (1_200_000, "1.2 s"),
            (12_600_000, "13 s"),
        ] {
            assert_eq!(latency(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn settings_are_exact() {
        for (milliseconds, text) in [
            (250, "250ms"),
            (4000, "4s"),
            (1500, "1500ms"),
            (120_000, "2m"),
            (7_200_000, "2h"),
            (0, "0s"),
        ] {
            assert_eq!(setting(Duration::from_millis(milliseconds)), text);
        }
    }
}
