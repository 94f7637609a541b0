//! The names that Unicode gives to characters: those of the scripts and signs that programs are likely to name, packed;
//! those of ideographs and Hangul syllables follow from their codes.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;

/// A line with the code of the next character in hexadecimal, or a character's name: the number of words that it has in
/// common with the name before, as a letter from `p` on, and the rest.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/base/character_names.txt"));

/// Names that controls and a few others go by.
const ALIASES: [(&str, u32); 20] = [
    ("NULL", 0),
    ("BELL", 0x1f514),
    ("ALERT", 7),
    ("BACKSPACE", 8),
    ("TAB", 9),
    ("CHARACTER TABULATION", 9),
    ("HORIZONTAL TABULATION", 9),
    ("LINE FEED", 10),
    ("NEW LINE", 10),
    ("LF", 10),
    ("VERTICAL TABULATION", 11),
    ("FORM FEED", 12),
    ("CARRIAGE RETURN", 13),
    ("CR", 13),
    ("ESCAPE", 27),
    ("ESC", 27),
    ("DELETE", 127),
    ("NEXT LINE", 0x85),
    ("NBSP", 0xa0),
    ("BYTE ORDER MARK", 0xfeff),
];

/// Where the unified ideographs are.
const IDEOGRAPHS: [(u32, u32); 9] = [
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0x20000, 0x2a6df),
    (0x2a700, 0x2b738),
    (0x2b740, 0x2b81d),
    (0x2b820, 0x2cea1),
    (0x2ceb0, 0x2ebe0),
    (0x30000, 0x3134a),
    (0x31350, 0x323af),
];
const IDEOGRAPH: &str = "CJK UNIFIED IDEOGRAPH-";

const SYLLABLE: &str = "HANGUL SYLLABLE ";
const FIRST_SYLLABLE: u32 = 0xac00;
/// The short names of the parts of a Hangul syllable, as chapter 3.12 of the standard has them.
const INITIALS: &str = "G GG N D DD R M B BB S SS  J JJ C K T P H";
const MEDIALS: &str = "A AE YA YAE EO E YEO YE O WA WAE OE YO U WEO WE WI YU EU YI I";
const FINALS: &str = " G GG GS N NJ NH D L LG LM LB LS LT LP LH M B BS S SS NG J C K T P H";

fn known() -> &'static [(u32, String)] {
    static KNOWN: OnceLock<Vec<(u32, String)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut text = String::new();
        let read = DeflateDecoder::new(PACKED).read_to_string(&mut text);
        read.expect("the build has packed a text");
        let (mut all, mut code, mut before) = (Vec::new(), 0, String::new());
        for line in text.lines() {
            let Some(shared) = line.bytes().next().and_then(|b| b.checked_sub(b'p')) else {
                code = u32::from_str_radix(line, 16).expect("a code in hexadecimal");
                continue;
            };
            let words = before.split_inclusive(' ').take(usize::from(shared));
            before = words.chain([&line[1..]]).collect();
            all.push((code, before.clone()));
            code += 1;
        }
        all
    })
}

/// The name of a character, if it is known here.
pub fn name(c: char) -> Option<String> {
    let code = u32::from(c);
    if is_ideograph(code) {
        return Some(format!("{IDEOGRAPH}{code:X}"));
    }
    if let Some(place) = code
        .checked_sub(FIRST_SYLLABLE)
        .filter(|&place| place < 11172)
    {
        let part = |all: &'static str, place: u32| all.split(' ').nth(place as usize).unwrap_or("");
        return Some(format!(
            "{SYLLABLE}{}{}{}",
            part(INITIALS, place / 588),
            part(MEDIALS, place / 28 % 21),
            part(FINALS, place % 28)
        ));
    }
    let at = known()
        .binary_search_by_key(&code, |(code, _)| *code)
        .ok()?;
    Some(known()[at].1.clone())
}

/// The character of a name, in any case of letters.
pub fn character(name: &str) -> Option<char> {
    let name = name.to_ascii_uppercase();
    if let Some((_, code)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return char::from_u32(*code);
    }
    if let Some(code) = name.strip_prefix(IDEOGRAPH) {
        let code = u32::from_str_radix(code, 16).ok();
        return code
            .filter(|&code| is_ideograph(code))
            .and_then(char::from_u32);
    }
    if name.starts_with(SYLLABLE) {
        let all = (0..11172).filter_map(|place| char::from_u32(FIRST_SYLLABLE + place));
        return all
            .into_iter()
            .find(|&c| self::name(c).is_some_and(|own| own == name));
    }
    let found = known().iter().find(|(_, known)| *known == name);
    found.and_then(|(code, _)| char::from_u32(*code))
}

fn is_ideograph(code: u32) -> bool {
    IDEOGRAPHS
        .iter()
        .any(|&(first, last)| (first..=last).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::{character, name};

    #[test]
    fn names_lead_to_their_characters() {
        for c in [' ', 'a', 'é', 'α', 'я', '€', '→', '☃', '😀', '漢', '한'] {
            assert_eq!(character(&name(c).unwrap()), Some(c));
        }
        assert_eq!(name('한').as_deref(), Some("HANGUL SYLLABLE HAN"));
        assert_eq!(character("no such name"), None);
        assert_eq!(name('\n'), None);
    }
}
