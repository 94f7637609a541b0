//! Puts the language and the bridge together: run a cell or a file, complete, help, interrupt, display.
