//! A file of the system with what was read ahead and what is still to be written.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::rc::{Rc, Weak};

const CHUNK: usize = 1 << 16;

/// An open file.
pub(super) struct Buffer {
    file: File,
    ahead: Vec<u8>,
    at: usize,
    pending: Vec<u8>,
    /// Written lines go to the system at once.
    pub(super) line_by_line: bool,
    end: bool,
}

thread_local! {
    static OPEN: RefCell<Vec<Weak<RefCell<Option<Buffer>>>>> = const { RefCell::new(Vec::new()) };
}

/// An open file that is flushed at the end of the program, if not before.
pub(super) type Shared = Rc<RefCell<Option<Buffer>>>;

/// Writes out what all open files still hold.
pub fn flush_all() {
    let files = OPEN.with_borrow_mut(std::mem::take);
    for file in files.iter().filter_map(Weak::upgrade) {
        if let Ok(mut file) = file.try_borrow_mut()
            && let Some(buffer) = file.as_mut()
        {
            // Nobody is left to be told of an error.
            let _ = buffer.flush();
        }
    }
}

impl Buffer {
    pub(super) fn share(file: File) -> Shared {
        let (ahead, pending) = (Vec::new(), Vec::new());
        let buffer = Buffer {
            file,
            ahead,
            at: 0,
            pending,
            line_by_line: false,
            end: false,
        };
        let shared = Rc::new(RefCell::new(Some(buffer)));
        OPEN.with_borrow_mut(|open| {
            open.retain(|file| file.strong_count() > 0);
            open.push(Rc::downgrade(&shared));
        });
        shared
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Reads ahead; false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.flush()?;
        if self.at > 0 {
            self.ahead.drain(..self.at);
            self.at = 0;
        }
        let old = self.ahead.len();
        self.ahead.resize(old + CHUNK, 0);
        let count = loop {
            match self.file.read(&mut self.ahead[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = match count {
            Ok(count) => count,
            Err(error) => {
                self.ahead.truncate(old);
                return Err(error);
            }
        };
        self.ahead.truncate(old + count);
        self.end = count == 0;
        Ok(count > 0)
    }

    /// What was read ahead.
    pub(super) fn available(&self) -> &[u8] {
        &self.ahead[self.at..]
    }

    pub(super) fn consume(&mut self, count: usize) -> Vec<u8> {
        let end = (self.at + count).min(self.ahead.len());
        let taken = self.ahead[self.at..end].to_vec();
        self.at = end;
        taken
    }

    /// At most `count` bytes, fewer only at the end.
    pub(super) fn read(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.available().len() < count && self.fill()? {}
        Ok(self.consume(count))
    }

    /// All that is left.
    pub(super) fn read_all(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        let mut all = self.consume(usize::MAX - self.at);
        self.file.read_to_end(&mut all)?;
        Ok(all)
    }

    /// The next bytes as far as `end` tells: it gets what is there and whether that is all, and returns the length
    /// of what is wanted once it can tell.
    pub(super) fn read_until(
        &mut self,
        mut end: impl FnMut(&[u8], bool) -> Option<usize>,
    ) -> io::Result<Vec<u8>> {
        let mut last = false;
        loop {
            if let Some(len) = end(self.available(), last) {
                return Ok(self.consume(len));
            }
            if last {
                let all = self.available().len();
                return Ok(self.consume(all));
            }
            last = !self.fill()?;
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.at < self.ahead.len() {
            // What was read ahead has not been read yet: the file stands behind it.
            let back = (self.ahead.len() - self.at) as i64;
            self.file.seek(SeekFrom::Current(-back))?;
        }
        self.ahead.clear();
        self.at = 0;
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > CHUNK || (self.line_by_line && bytes.contains(&b'\n')) {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        self.file.write_all(&pending)
    }

    pub(super) fn tell(&mut self) -> io::Result<u64> {
        self.flush()?;
        let behind = self.file.stream_position()?;
        Ok(behind - self.available().len() as u64)
    }

    pub(super) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.flush()?;
        let to = match to {
            SeekFrom::Current(by) => SeekFrom::Current(by - self.available().len() as i64),
            to => to,
        };
        self.ahead.clear();
        self.at = 0;
        self.file.seek(to)
    }

    pub(super) fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.flush()?;
        self.file.set_len(size)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // As in CPython, the error of a file that nobody closed is lost.
        let _ = self.flush();
    }
}
