//! The size of the terminal.

/// Columns and lines of the terminal behind a file number.
pub(super) fn size(file: i32) -> std::io::Result<(u16, u16)> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the request fills in the `winsize` that the pointer leads to.
    let result = unsafe { libc::ioctl(file, libc::TIOCGWINSZ, &mut size) };
    if result == 0 {
        Ok((size.ws_col, size.ws_row))
    } else {
        Err(std::io::Error::last_os_error())
    }
}
