//! The tensor wing: a library of autograd tensors that knows no language.
