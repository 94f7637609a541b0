//! `zlib`: compression and checksums.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, Crc};

use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, Class, Exc, Kind, ModuleSpec, NativeSpec, Raised, Ref, Result, Value, type_error,
};
use crate::lang::stdlib::arguments::{self, new_bytes};
use crate::lang::stdlib::define::{class_of, def};

/// `zlib`
pub(in crate::lang::stdlib) static ZLIB: ModuleSpec = ModuleSpec {
    name: "zlib",
    doc: "Compression and checksums.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("error", Value::from(&error_class()));
        for (name, number) in [
            ("MAX_WBITS", 15),
            ("DEFLATED", 8),
            ("DEF_MEM_LEVEL", 8),
            ("Z_BEST_COMPRESSION", 9),
            ("Z_BEST_SPEED", 1),
            ("Z_DEFAULT_COMPRESSION", -1),
            ("Z_NO_COMPRESSION", 0),
            ("Z_FINISH", 4),
            ("Z_SYNC_FLUSH", 2),
        ] {
            module.set(name, Value::Int(number));
        }
        Ok(())
    },
};

fn error_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || crate::lang::object::exception::exception_class("zlib", "error", Exc::Exception);
    CLASS.with(|class| class.get_or_init(make).clone())
}

fn error(message: String) -> Raised {
    Raised::of_class(&error_class(), [Value::str(message)])
}

/// The frame around compressed data, chosen by `wbits`.
#[derive(Clone, Copy)]
enum Frame {
    Raw,
    Zlib,
    Gzip,
    /// Zlib or gzip, as the data say.
    Either,
}

fn frame(wbits: i64) -> Frame {
    match wbits {
        i64::MIN..0 => Frame::Raw,
        0..16 => Frame::Zlib,
        16..32 => Frame::Gzip,
        _ => Frame::Either,
    }
}

fn compressed(data: &[u8], level: i64, frame: Frame) -> Result<Vec<u8>> {
    let level = match level {
        -1 => Compression::default(),
        0..=9 => Compression::new(level as u32),
        _ => return Err(error("Bad compression level".to_string())),
    };
    let result = match frame {
        Frame::Raw => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(data).and_then(|()| encoder.finish())
        }
        Frame::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            encoder.write_all(data).and_then(|()| encoder.finish())
        }
        Frame::Zlib | Frame::Either => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(data).and_then(|()| encoder.finish())
        }
    };
    result.map_err(|fault| error(fault.to_string()))
}

fn decompressed(data: &[u8], frame: Frame) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let result = match frame {
        Frame::Raw => DeflateDecoder::new(data).read_to_end(&mut out),
        Frame::Gzip => GzDecoder::new(data).read_to_end(&mut out),
        Frame::Either if data.starts_with(&[0x1f, 0x8b]) => {
            GzDecoder::new(data).read_to_end(&mut out)
        }
        Frame::Zlib | Frame::Either => ZlibDecoder::new(data).read_to_end(&mut out),
    };
    match result {
        Ok(_) => Ok(out),
        Err(fault) if fault.kind() == std::io::ErrorKind::UnexpectedEof => Err(error(
            "Error -5 while decompressing data: incomplete or truncated stream".to_string(),
        )),
        Err(_) => Err(error(
            "Error -3 while decompressing data: incorrect header check".to_string(),
        )),
    }
}

/// `crc32(data, value)`
pub(super) fn crc32(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let data = arguments::bytes(&args[0])?;
    let start = arguments::int(caller, &args[1])? as u32;
    Ok(Value::Int(i64::from(checksum(start, &data))))
}

/// The CRC-32 of bytes behind others whose CRC-32 is known.
fn checksum(start: u32, data: &[u8]) -> u32 {
    if start == 0 {
        let mut crc = Crc::new();
        crc.update(data);
        return crc.sum();
    }
    let mut crc = !start;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

fn adler32(start: u32, data: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut a, mut b) = (start & 0xffff, start >> 16);
    for &byte in data {
        a = (a + u32::from(byte)) % MODULUS;
        b = (b + a) % MODULUS;
    }
    b << 16 | a
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "adler32(data, value=1, /)",
        "The Adler-32 of bytes.",
        |caller, args| {
            let data = arguments::bytes(&args[0])?;
            let start = arguments::int(caller, &args[1])? as u32;
            Ok(Value::Int(i64::from(adler32(start, &data))))
        },
    ),
    def(
        "compress(data, /, level=-1, wbits=15)",
        "Compressed bytes.",
        |caller, args| {
            let (level, wbits) = (
                arguments::int(caller, &args[1])?,
                arguments::int(caller, &args[2])?,
            );
            compressed(&arguments::bytes(&args[0])?, level, frame(wbits)).map(new_bytes)
        },
    ),
    def(
        "compressobj(level=-1, method=8, wbits=15, memLevel=8, strategy=0)",
        "Compresses bytes piece by piece.",
        |caller, args| {
            let (level, wbits) = (
                arguments::int(caller, &args[0])?,
                arguments::int(caller, &args[2])?,
            );
            Ok(Value::from(Ref::new(Pieces {
                frame: frame(wbits),
                level: Some(level),
                held: RefCell::default(),
                done: Cell::default(),
            })))
        },
    ),
    def("crc32(data, value=0, /)", "The CRC-32 of bytes.", crc32),
    def(
        "decompress(data, /, wbits=15, bufsize=16384)",
        "The bytes behind compressed ones.",
        |caller, args| {
            let wbits = arguments::int(caller, &args[1])?;
            decompressed(&arguments::bytes(&args[0])?, frame(wbits)).map(new_bytes)
        },
    ),
    def(
        "decompressobj(wbits=15)",
        "Decompresses bytes piece by piece.",
        |caller, args| {
            let wbits = arguments::int(caller, &args[0])?;
            Ok(Value::from(Ref::new(Pieces {
                frame: frame(wbits),
                level: None,
                held: RefCell::default(),
                done: Cell::default(),
            })))
        },
    ),
];

/// Bytes that are compressed or decompressed when they are all there.
struct Pieces {
    frame: Frame,
    /// The level; `None` to decompress.
    level: Option<i64>,
    held: RefCell<Vec<u8>>,
    /// Whether all was decompressed.
    done: Cell<bool>,
}

class_of! {
    pieces_class PIECES;
}

impl HeapType for Pieces {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        pieces_class()
    }
}

fn pieces(value: &Value) -> Result<&Ref<Pieces>> {
    value
        .get::<Pieces>()
        .ok_or_else(|| type_error("a compression object is required"))
}

static PIECES: ClassSpec = ClassSpec {
    name: "Compress",
    module: "zlib",
    methods: &[
        def("compress(self, data, /)", "Takes bytes.", |_, args| {
            pieces(&args[0])?
                .held
                .borrow_mut()
                .extend(arguments::bytes(&args[1])?);
            Ok(new_bytes([]))
        }),
        def(
            "decompress(self, data, max_length=0, /)",
            "The bytes behind compressed ones, as far as they are complete.",
            |_, args| {
                let this = pieces(&args[0])?;
                this.held.borrow_mut().extend(arguments::bytes(&args[1])?);
                match decompressed(&this.held.borrow(), this.frame) {
                    Ok(data) => {
                        this.done.set(true);
                        Ok(new_bytes(data))
                    }
                    Err(raised)
                        if raised
                            .first_arg()
                            .is_some_and(|m| m.as_str().is_some_and(|m| m.contains("-5"))) =>
                    {
                        Ok(new_bytes([]))
                    }
                    Err(raised) => Err(raised),
                }
            },
        ),
        def("flush(self, mode=4, /)", "What is left.", |_, args| {
            let this = pieces(&args[0])?;
            let held = this.held.take();
            match this.level {
                Some(level) => compressed(&held, level, this.frame).map(new_bytes),
                None => Ok(new_bytes([])),
            }
        }),
    ],
    attributes: &[
        GetSetSpec::new("eof", "Whether all was decompressed.", |_, v| {
            Ok(Value::Bool(pieces(v)?.done.get()))
        }),
        GetSetSpec::new("unused_data", "None.", |_, _| Ok(new_bytes([]))),
        GetSetSpec::new("unconsumed_tail", "None.", |_, _| Ok(new_bytes([]))),
    ],
    ..ClassSpec::EMPTY
};
