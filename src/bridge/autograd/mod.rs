//! `torch.autograd`: the graph as scripts see it, backward passes, grad modes, functions of the script's own.

mod function;
mod kept;
mod mode;
mod module;
mod node;
mod pass;
mod watch;

pub(super) use mode::mode_class;
pub(super) use module::{AUTOGRAD, FUNCTION, FUNCTIONAL, GRAD_MODE, GRADCHECK};
pub(super) use node::{node_class, node_value};
pub(super) use pass::{backward, tensor_hook};
pub(super) use watch::{ScriptHooks, install, note_step, note_write};
