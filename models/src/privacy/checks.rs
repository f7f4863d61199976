//! Check digits, number plans and other arithmetic on digits. Pure functions.

/// Whether the digits are a mainland mobile number: 11 digits from 13 to 19.
pub(super) fn is_mobile(digits: &[u8]) -> bool {
    matches!(digits, [1, 3..=9, ..]) && digits.len() == 11
}

/// Length of the mainland area code that the digits start with (3 or 4).
pub(super) fn area_code(digits: &[u8]) -> Option<usize> {
    match digits {
        [0, 1, 0, ..] | [0, 2, 0..=9, ..] => Some(3),
        [0, 3..=9, 1..=9, _, ..] => Some(4),
        _ => None,
    }
}

/// Whether the digits are area code and subscriber number.
pub(super) fn is_landline(digits: &[u8]) -> bool {
    area_code(digits).is_some_and(|area| {
        let subscriber = &digits[area..];
        (7..=8).contains(&subscriber.len()) && !matches!(subscriber, [0 | 1, ..])
    })
}

/// A shops' service number, 400 or 800 and seven digits: public, so it stays readable.
pub(super) fn is_service_number(digits: &[u8]) -> bool {
    matches!(digits, [4 | 8, 0, 0, ..]) && digits.len() == 10
}

/// Luhn's check (ISO/IEC 7812-1, annex B) over a payment card's number.
pub(super) fn is_bank_card(digits: &[u8]) -> bool {
    let issued = match digits.len() {
        13 => digits[0] == 4,
        14 => matches!(digits, [3, 0 | 6 | 8 | 9, ..]),
        15 => matches!(digits, [3, 4 | 7, ..] | [1, 8, 0, 0, ..] | [2, 1, 3, 1, ..]),
        16..=19 => matches!(digits[0], 2..=6 | 9),
        _ => false,
    };
    issued && luhn_sum(digits).is_multiple_of(10)
}

/// Whether this is a resident's identity number (GB 11643): 17 digits and the check
/// character, where 10 stands for `X`; or the 15 digits issued until 1999.
pub(super) fn is_identity(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [u8; 11] = [1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    let is_region = matches!(digits, [1..=6 | 8 | 9, 1..=7, ..]);
    match digits.len() {
        15 => is_region && is_date(1900 + number(&digits[6..8]), &digits[8..12]),
        18 => {
            let pairs = digits.iter().zip(WEIGHTS);
            let sum: u32 = pairs
                .map(|(digit, weight)| u32::from(*digit) * weight)
                .sum();
            is_region
                && (1880..2100).contains(&number(&digits[6..10]))
                && is_date(number(&digits[6..10]), &digits[10..14])
                && CHECKS[(sum % 11) as usize] == digits[17]
        }
        _ => false,
    }
}

/// An article number of a Chinese maker (EAN-13 from 690 to 699): a product's fact.
pub(super) fn is_article_number(digits: &[u8]) -> bool {
    if digits.len() != 13 || !matches!(digits, [6, 9, ..]) {
        return false;
    }
    let weighted = digits.iter().zip([1_u32, 3].into_iter().cycle());
    let sum: u32 = weighted
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    sum.is_multiple_of(10)
}

/// A time stamp such as 20261111000500.
pub(super) fn is_timestamp(digits: &[u8]) -> bool {
    (digits.len() == 12 || digits.len() == 14)
        && (1990..2100).contains(&number(&digits[..4]))
        && is_date(number(&digits[..4]), &digits[4..8])
        && number(&digits[8..10]) < 24
        && number(&digits[10..12]) < 60
}

fn luhn_sum(digits: &[u8]) -> u32 {
    let doubled = |(place, digit): (usize, &u8)| match (place % 2, u32::from(*digit)) {
        (1, digit) if digit > 4 => digit * 2 - 9,
        (1, digit) => digit * 2,
        (_, digit) => digit,
    };
    digits.iter().rev().enumerate().map(doubled).sum()
}

fn is_date(year: u32, month_and_day: &[u8]) -> bool {
    let (month, day) = (number(&month_and_day[..2]), number(&month_and_day[2..4]));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.chars()
            .map(|c| c.to_digit(10).map_or(10, |digit| digit as u8))
            .collect()
    }

    #[test]
    fn checks_numbers() {
        fn check(test: fn(&[u8]) -> bool, text: &str, expected: bool) {
            assert_eq!(test(&digits(text)), expected, "{text}");
        }
        check(is_mobile, "13812345678", true);
        check(is_mobile, "12812345678", false);
        check(is_mobile, "1381234567", false);
        check(is_landline, "057188886666", true);
        check(is_landline, "01088886666", true);
        check(is_landline, "00188886666", false);
        check(is_service_number, "4008208820", true);
        check(is_identity, "11010519491231002X", true);
        check(is_identity, "110105194912310021", false);
        check(is_identity, "11010519491331002X", false);
        check(is_identity, "110105491231002", true);
        check(is_bank_card, "4111111111111111", true);
        check(is_bank_card, "4111111111111112", false);
        check(is_bank_card, "378282246310005", true);
        check(is_article_number, "6901234567892", true);
        check(is_article_number, "6901234567893", false);
        check(is_timestamp, "20261111000500", true);
        check(is_timestamp, "20261311000500", false);
    }
}
