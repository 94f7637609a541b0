//! Packs the library's sources, and links `nn` as the small program it is meant to be where the linker's driver knows how:
//! at a fixed address, without which a twentieth of the file would be addresses to be relocated, without the tables
//! that only unwinding reads, another twelfth, and with one copy of functions that are compiled to the same instructions.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The folders of sources and lists that are part of the binary, and the names that their packed forms are known by.
const LIBRARIES: [(&str, &str); 4] = [
    ("src/base/data", "base"),
    ("src/lang/stdlib/source", "stdlib"),
    ("src/bridge/library", "torch"),
    ("src/bridge/names", "names"),
];

/// Adds to the linker's own layout, GNU's as well as LLVM's, that these sections are left out.
const NO_UNWINDING: &str = "SECTIONS { /DISCARD/ : { *(.eh_frame .eh_frame_hdr .gcc_except_table .gcc_except_table.*) } } \
                            INSERT AFTER .text;\n";

/// Has functions of the same instructions folded into one. LLVM's linker and mold know it, GNU's does not.
const FOLDING: &str = "-Wl,--icf=all";

/// Whether the linker takes an argument: an empty program is linked with it.
fn links_with(argument: &str, folder: &Path) -> bool {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut compiler = Command::new(variable("RUSTC"));
    compiler
        .args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()))
        .args([
            "--target",
            &variable("TARGET"),
            "-C",
            &format!("link-arg={argument}"),
        ])
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.args(["-C", &format!("linker={linker}")]);
    }
    fs::write(&source, "fn main() {}").is_ok()
        && compiler.status().is_ok_and(|status| status.success())
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    if variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // A panic ends the program at once: in its hook, and for the release profile by what Cargo.toml says as well.
        if variable("PROFILE") == "release" {
            let script = Path::new(&out).join("no_unwinding.ld");
            fs::write(&script, NO_UNWINDING)?;
            println!("cargo:rustc-link-arg-bins=-Wl,-T,{}", script.display());
            if links_with(FOLDING, Path::new(&out)) {
                println!("cargo:rustc-link-arg-bins={FOLDING}");
            }
        }
    }
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
        if path.extension().is_some_and(|e| e == "nn" || e == "txt")
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
