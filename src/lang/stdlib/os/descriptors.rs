//! Files by their descriptors: `os.open`, `os.read`, `os.write`, `os.close`, `os.pipe`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use crate::lang::object::{Caller, NativeSpec, Result, Value};
use crate::lang::stdlib::arguments::{self, new_bytes};
use crate::lang::stdlib::define::def;
use crate::lang::stdlib::failure::system_error;

/// The flags of `os.open` as Linux has them.
pub(super) static FLAGS: [(&str, i64); 10] = [
    ("O_RDONLY", 0),
    ("O_WRONLY", 1),
    ("O_RDWR", 2),
    ("O_CREAT", 0o100),
    ("O_EXCL", 0o200),
    ("O_TRUNC", 0o1000),
    ("O_APPEND", 0o2000),
    ("O_NONBLOCK", 0o4000),
    ("O_SYNC", 0o4_010_000),
    ("O_CLOEXEC", 0o2_000_000),
];

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    def("close(fd)", "Closes a descriptor.", |caller, args| {
        let fd = arguments::int(caller, &args[0])?;
        with(caller, fd, |file| file.metadata().map(drop))?;
        // SAFETY: there is such a descriptor, and whoever asks for its end says to own it.
        drop(unsafe { File::from_raw_fd(fd as RawFd) });
        Ok(Value::None)
    }),
    def(
        "open(path, flags, mode=511, *, dir_fd=None)",
        "Opens a file; returns its descriptor.",
        |caller, args| {
            let path = arguments::path(caller, &args[0])?;
            let flags = arguments::int(caller, &args[1])?;
            let mode = arguments::int(caller, &args[2])? as u32;
            let has = |bit: i64| flags & bit != 0;
            let mut options = OpenOptions::new();
            options
                .read(flags & 3 != 1)
                .write(flags & 3 != 0)
                .mode(mode)
                .custom_flags((flags & !3 & !0o1300) as i32);
            if flags & 3 != 0 {
                let (create, new) = (has(0o100), has(0o300) && has(0o200));
                options.create(create && !new).create_new(create && new);
                options.truncate(has(0o1000) && !new);
            }
            match options.open(&path) {
                Ok(file) => Ok(Value::Int(file.into_raw_fd().into())),
                Err(error) => Err(system_error(caller, &error, Some(&path))),
            }
        },
    ),
    def(
        "pipe()",
        "The two ends of a new pipe.",
        |caller, _| match io::pipe() {
            Ok((reader, writer)) => Ok(Value::tuple([
                Value::Int(reader.into_raw_fd().into()),
                Value::Int(writer.into_raw_fd().into()),
            ])),
            Err(error) => Err(system_error(caller, &error, None)),
        },
    ),
    def(
        "lseek(fd, position, whence, /)",
        "Goes to a place in a file.",
        |caller, args| {
            let fd = arguments::int(caller, &args[0])?;
            let at = arguments::int(caller, &args[1])?;
            let to = match arguments::int(caller, &args[2])? {
                0 => SeekFrom::Start(at.max(0) as u64),
                1 => SeekFrom::Current(at),
                _ => SeekFrom::End(at),
            };
            let at = with(caller, fd, |file| file.seek(to))?;
            Ok(Value::Int(at as i64))
        },
    ),
    def("read(fd, length, /)", "Reads bytes.", |caller, args| {
        let fd = arguments::int(caller, &args[0])?;
        let length = usize::try_from(arguments::int(caller, &args[1])?).unwrap_or(0);
        let mut bytes = vec![0; length.min(1 << 30)];
        let count = with(caller, fd, |file| file.read(&mut bytes))?;
        bytes.truncate(count);
        Ok(new_bytes(bytes))
    }),
    def(
        "write(fd, data, /)",
        "Writes bytes; returns how many.",
        |caller, args| {
            let fd = arguments::int(caller, &args[0])?;
            let data = arguments::bytes(&args[1])?;
            caller.session().output.borrow_mut().flush();
            let count = with(caller, fd, |file| file.write(&data))?;
            Ok(Value::from(count))
        },
    ),
];

/// Does something with the file of a descriptor, which stays open.
fn with<T>(
    caller: &mut dyn Caller,
    fd: i64,
    f: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T> {
    let done = match RawFd::try_from(fd) {
        Ok(fd) if fd >= 0 => {
            // SAFETY: the file is not dropped; the system refuses a descriptor that is not open.
            let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
            f(&mut file)
        }
        _ => Err(io::Error::from_raw_os_error(9)),
    };
    done.map_err(|error| system_error(caller, &error, None))
}
