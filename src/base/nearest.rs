//! The nearest of some names to a mistyped one, by CPython's measure (its `suggestions.c`).

const MOVE: usize = 2;
const CASE: usize = 1;
const LONGEST: usize = 40;

/// The candidate that `wrong` was most likely meant to be, if any is near enough: a third of the letters may differ.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong_letters: Vec<char> = wrong.chars().collect();
    if wrong_letters.len() > LONGEST {
        return None;
    }
    let mut best = None;
    let mut best_distance = usize::MAX;
    for candidate in candidates.into_iter().filter(|&name| name != wrong) {
        let letters: Vec<char> = candidate.chars().collect();
        let limit = (letters.len() + wrong_letters.len() + 3) * MOVE / 6;
        let distance = distance(&wrong_letters, &letters);
        if letters.len() <= LONGEST && distance <= limit && distance < best_distance {
            best = Some(candidate);
            best_distance = distance;
        }
    }
    best
}

/// Levenshtein's distance, where a change of case costs half of another change.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).map(|i| i * MOVE).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) * MOVE;
        for (j, &y) in b.iter().enumerate() {
            let changed = diagonal + substitution(x, y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + MOVE).min(row[j] + MOVE);
        }
    }
    row[b.len()]
}

fn substitution(x: char, y: char) -> usize {
    match x == y {
        true => 0,
        false if x.eq_ignore_ascii_case(&y) => CASE,
        false => MOVE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_cpythons() {
        let names = ["print", "property", "pow", "range", "input"];
        assert_eq!(nearest("prnt", names), Some("print"));
        assert_eq!(nearest("Print", names), Some("print"));
        assert_eq!(nearest("rnage", names), Some("range"));
        assert_eq!(nearest("xyz", names), None);
        assert_eq!(
            nearest("in_channel", ["out_channels", "in_channels"]),
            Some("in_channels")
        );
    }
}
