//! Packs the library's sources, and links `nn` at a fixed address where the linker's driver knows how: without it, a
//! twentieth of the file would be addresses to be relocated.

use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The folders of sources that are part of the binary, and the names that their packed forms are known by.
const LIBRARIES: [(&str, &str); 2] = [
    ("src/lang/stdlib/source", "stdlib"),
    ("src/bridge/library", "torch"),
];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    for (folder, name) in LIBRARIES {
        println!("cargo:rerun-if-changed={folder}");
        pack(Path::new(folder), &Path::new(&out).join(name))?;
    }
    Ok(())
}

/// Compresses each source of a folder into another folder: together they take a quarter of their size.
fn pack(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "nn")
            && let Some(name) = path.file_name()
        {
            let file = fs::File::create(to.join(name))?;
            let mut encoder = DeflateEncoder::new(file, Compression::best());
            io::Write::write_all(&mut encoder, &fs::read(&path)?)?;
            encoder.finish()?;
        }
    }
    Ok(())
}
