//! The hierarchy of built-in exceptions (<https://docs.python.org/3.11/library/exceptions.html#exception-hierarchy>).

macro_rules! exceptions {
    ($($name:ident < $base:ident,)*) => {
        /// A built-in exception class.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // The names are Python's.
        pub enum Exc { BaseException, $($name,)* }

        impl Exc {
            /// All classes, each after its base.
            pub const ALL: &'static [Exc] = &[Exc::BaseException, $(Exc::$name,)*];

            /// The class's name.
            pub fn name(self) -> &'static str {
                match self { Exc::BaseException => "BaseException", $(Exc::$name => stringify!($name),)* }
            }

            /// The class it derives from; `None` for `BaseException`, which derives from `object`.
            pub fn base(self) -> Option<Exc> {
                match self { Exc::BaseException => None, $(Exc::$name => Some(Exc::$base),)* }
            }
        }
    };
}

exceptions! {
    SystemExit < BaseException,
    KeyboardInterrupt < BaseException,
    GeneratorExit < BaseException,
    Exception < BaseException,
    BaseExceptionGroup < BaseException,
    ExceptionGroup < BaseExceptionGroup,
    StopIteration < Exception,
    StopAsyncIteration < Exception,
    ArithmeticError < Exception,
    FloatingPointError < ArithmeticError,
    OverflowError < ArithmeticError,
    ZeroDivisionError < ArithmeticError,
    AssertionError < Exception,
    AttributeError < Exception,
    BufferError < Exception,
    EOFError < Exception,
    ImportError < Exception,
    ModuleNotFoundError < ImportError,
    LookupError < Exception,
    IndexError < LookupError,
    KeyError < LookupError,
    MemoryError < Exception,
    NameError < Exception,
    UnboundLocalError < NameError,
    OSError < Exception,
    BlockingIOError < OSError,
    ChildProcessError < OSError,
    ConnectionError < OSError,
    BrokenPipeError < ConnectionError,
    ConnectionAbortedError < ConnectionError,
    ConnectionRefusedError < ConnectionError,
    ConnectionResetError < ConnectionError,
    FileExistsError < OSError,
    FileNotFoundError < OSError,
    InterruptedError < OSError,
    IsADirectoryError < OSError,
    NotADirectoryError < OSError,
    PermissionError < OSError,
    ProcessLookupError < OSError,
    TimeoutError < OSError,
    ReferenceError < Exception,
    RuntimeError < Exception,
    NotImplementedError < RuntimeError,
    RecursionError < RuntimeError,
    SyntaxError < Exception,
    IndentationError < SyntaxError,
    TabError < IndentationError,
    SystemError < Exception,
    TypeError < Exception,
    ValueError < Exception,
    UnicodeError < ValueError,
    UnicodeDecodeError < UnicodeError,
    UnicodeEncodeError < UnicodeError,
    UnicodeTranslateError < UnicodeError,
    Warning < Exception,
    BytesWarning < Warning,
    DeprecationWarning < Warning,
    EncodingWarning < Warning,
    FutureWarning < Warning,
    ImportWarning < Warning,
    PendingDeprecationWarning < Warning,
    ResourceWarning < Warning,
    RuntimeWarning < Warning,
    SyntaxWarning < Warning,
    UnicodeWarning < Warning,
    UserWarning < Warning,
}
