//! Warnings: where PyTorch calls `warnings.warn`. Whoever runs the tensor wing decides what becomes of them.

use std::cell::RefCell;
use std::rc::Rc;

/// Which Python class of warning it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// `UserWarning`
    User,
    /// `FutureWarning`
    Future,
    /// `DeprecationWarning`
    Deprecation,
    /// `RuntimeWarning`
    Runtime,
}

impl Category {
    /// The name of the class.
    pub fn name(self) -> &'static str {
        match self {
            Category::User => "UserWarning",
            Category::Future => "FutureWarning",
            Category::Deprecation => "DeprecationWarning",
            Category::Runtime => "RuntimeWarning",
        }
    }
}

type Handler = Rc<dyn Fn(Category, &str)>;

thread_local! {
    static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
}

/// Says who is told of warnings; without a handler they are written to standard error.
pub fn set_handler(handler: impl Fn(Category, &str) + 'static) {
    HANDLER.set(Some(Rc::new(handler)));
}

/// Warns.
#[cold]
pub fn warn(category: Category, message: &str) {
    let handler = HANDLER.with_borrow(Clone::clone);
    match handler {
        Some(handler) => handler(category, message),
        None => eprintln!("{}: {message}", category.name()),
    }
}

/// A `UserWarning`.
#[cold]
pub fn warn_user(message: &str) {
    warn(Category::User, message);
}

/// A `UserWarning` that is given once only, as those from inside ATen are.
#[cold]
pub fn warn_user_once(message: &'static str) {
    thread_local! {
        static GIVEN: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    let first = GIVEN.with_borrow_mut(|given| {
        let first = !given.contains(&message);
        if first {
            given.push(message);
        }
        first
    });
    if first {
        warn_user(message);
    }
}
