//! `binascii`: bytes as text of base 64, base 32 and base 16.

use crate::lang::object::{
    Class, Exc, ModuleSpec, NativeSpec, Raised, Ref, Result, Value, protocol, value_error,
};
use crate::lang::stdlib::arguments::{self, new_bytes};
use crate::lang::stdlib::define::def;

/// `binascii`
pub(in crate::lang::stdlib) static BINASCII: ModuleSpec = ModuleSpec {
    name: "binascii",
    doc: "Bytes as text of base 64 and base 16, and checksums.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("Error", Value::from(&error_class()));
        Ok(())
    },
};

fn error_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make =
        || crate::lang::object::exception::exception_class("binascii", "Error", Exc::ValueError);
    CLASS.with(|class| class.get_or_init(make).clone())
}

fn error(message: &str) -> Raised {
    Raised::of_class(&error_class(), [Value::str(message)])
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_a2b_base32(data, fold, /)",
        "The bytes behind text of base 32.",
        |caller, args| {
            let fold = protocol::truth(caller, &args[1])?;
            decode32(&bytes(&args[0])?, fold).map(new_bytes)
        },
    ),
    def(
        "_b2a_base32(data, /)",
        "Bytes as text of base 32.",
        |_, args| Ok(new_bytes(encode32(&bytes(&args[0])?))),
    ),
    def(
        "a2b_base64(data, /, *, strict_mode=False)",
        "The bytes behind text of base 64.",
        |_, args| decode64(&bytes(&args[0])?).map(new_bytes),
    ),
    def(
        "a2b_hex(hexstr, /)",
        "The bytes behind hexadecimal digits.",
        |_, args| unhex(&args[0]),
    ),
    def(
        "b2a_base64(data, /, *, newline=True)",
        "Bytes as text of base 64.",
        |caller, args| {
            let mut text = encode64(&arguments::bytes(&args[0])?);
            if protocol::truth(caller, &args[1])? {
                text.push(b'\n');
            }
            Ok(new_bytes(text))
        },
    ),
    def(
        "b2a_hex(data, sep=None, bytes_per_sep=1)",
        "Bytes as hexadecimal digits.",
        |_, args| hex(args),
    ),
    def(
        "crc32(data, crc=0, /)",
        "The CRC-32 of bytes.",
        |caller, args| super::zlib::crc32(caller, args),
    ),
    def(
        "hexlify(data, sep=None, bytes_per_sep=1)",
        "Bytes as hexadecimal digits.",
        |_, args| hex(args),
    ),
    def(
        "unhexlify(hexstr, /)",
        "The bytes behind hexadecimal digits.",
        |_, args| unhex(&args[0]),
    ),
];

/// Bytes, or text of ASCII.
fn bytes(value: &Value) -> Result<Vec<u8>> {
    match value.as_str() {
        Some(text) if text.is_ascii() => Ok(text.as_bytes().to_vec()),
        Some(_) => Err(value_error(
            "string argument should contain only ASCII characters",
        )),
        None => arguments::bytes(value),
    }
}

fn hex(args: &[Value]) -> Result<Value> {
    let data = arguments::bytes(&args[0])?;
    let separator = if args[1].is_none() {
        Vec::new()
    } else {
        bytes(&args[1])?
    };
    let every = args[2].as_int().unwrap_or(1);
    let mut out = String::new();
    for (i, byte) in data.iter().enumerate() {
        let group = usize::try_from(every.abs()).unwrap_or(0);
        let boundary = group > 0
            && i > 0
            && if every > 0 {
                (data.len() - i) % group == 0
            } else {
                i % group == 0
            };
        if boundary {
            out.push_str(&String::from_utf8_lossy(&separator));
        }
        out.push_str(&format!("{byte:02x}"));
    }
    Ok(new_bytes(out.into_bytes()))
}

fn unhex(value: &Value) -> Result<Value> {
    let digits = bytes(value)?;
    if digits.len() % 2 != 0 {
        return Err(error("Odd-length string"));
    }
    let nibble = |b: u8| char::from(b).to_digit(16);
    let decoded: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| Some((nibble(pair[0])? * 16 + nibble(pair[1])?) as u8))
        .collect();
    decoded
        .map(new_bytes)
        .ok_or_else(|| error("Non-hexadecimal digit found"))
}

fn encode64(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, &b| word << 8 | u32::from(b))
            << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = BASE64[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { letter } else { b'=' });
        }
    }
    out
}

/// Characters outside the alphabet are passed over, as CPython does by default.
fn decode64(text: &[u8]) -> Result<Vec<u8>> {
    let (mut out, mut word, mut held, mut pads) = (Vec::new(), 0_u32, 0, 0);
    for &b in text {
        if b == b'=' {
            pads += 1;
            if held >= 2 && held + pads >= 4 {
                break;
            }
            continue;
        }
        let Some(value) = BASE64.iter().position(|&letter| letter == b) else {
            continue;
        };
        pads = 0;
        word = word << 6 | value as u32;
        held += 1;
        if held == 4 {
            out.extend_from_slice(&word.to_be_bytes()[1..]);
            (word, held) = (0, 0);
        }
    }
    match held {
        0 => Ok(out),
        1 => {
            let count = out.len() / 3 * 4 + 1;
            Err(error(&format!(
                "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
            )))
        }
        held if held + pads < 4 => Err(error("Incorrect padding")),
        held => {
            let whole = (word << (6 * (4 - held))).to_be_bytes();
            out.extend_from_slice(&whole[1..held]);
            Ok(out)
        }
    }
}

fn encode32(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in data.chunks(5) {
        let word = chunk
            .iter()
            .fold(0_u64, |word, &b| word << 8 | u64::from(b))
            << (8 * (5 - chunk.len()));
        let letters = (chunk.len() * 8).div_ceil(5);
        for i in 0..8 {
            let letter = BASE32[(word >> (35 - 5 * i) & 31) as usize];
            out.push(if i < letters { letter } else { b'=' });
        }
    }
    out
}

fn decode32(text: &[u8], fold: bool) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(8) {
        return Err(error("Incorrect padding"));
    }
    let mut out = Vec::new();
    for chunk in text.chunks(8) {
        let pads = chunk.iter().rev().take_while(|&&b| b == b'=').count();
        let mut word = 0_u64;
        for &b in &chunk[..8 - pads] {
            let b = if fold { b.to_ascii_uppercase() } else { b };
            let value = BASE32.iter().position(|&letter| letter == b);
            word = word << 5 | value.ok_or_else(|| error("Non-base32 digit found"))? as u64;
        }
        if !matches!(pads, 0 | 1 | 3 | 4 | 6) {
            return Err(error("Incorrect padding"));
        }
        let whole = (word << (5 * pads)).to_be_bytes();
        out.extend_from_slice(&whole[3..3 + (8 - pads) * 5 / 8]);
    }
    Ok(out)
}
