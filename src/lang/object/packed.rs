//! Sources that are part of the binary: packed when it is built, unpacked when a script first imports them.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// A packed source.
#[derive(Clone, Copy)]
pub struct Packed(pub &'static [u8]);

impl Packed {
    /// Its text.
    pub fn text(self) -> String {
        let mut text = String::new();
        let read = DeflateDecoder::new(self.0).read_to_string(&mut text);
        read.expect("the build has packed a text");
        text
    }
}

/// The packed source of a file in one of the libraries' folders, which `build.rs` names.
macro_rules! packed {
    ($library:literal, $file:literal) => {
        $crate::lang::object::Packed(include_bytes!(concat!(
            env!("OUT_DIR"),
            "/",
            $library,
            "/",
            $file,
            ".nn"
        )))
    };
}
pub(crate) use packed;
