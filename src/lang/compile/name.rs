//! Reading, setting and deleting names.

use super::scope::Home;
use super::unit::Unit;
use crate::lang::object::code::{Op, Reg};
use crate::lang::syntax::ast::Name;

/// Where a name is found from the code that is being compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A register.
    Local(Reg),
    /// A cell in a register.
    Cell(Reg),
    /// A free variable.
    Free(u16),
    /// A global or builtin.
    Global,
    /// The namespace of a class body.
    Namespace,
    /// The namespace of a class body, then a free variable.
    NamespaceOrFree(u16),
}

impl Unit<'_> {
    pub(super) fn place_of(&self, name: &Name) -> Place {
        for (depth, (scope, registers)) in self.scopes.iter().enumerate().rev() {
            match scope.homes.get(name) {
                Some(Home::Local) if depth == 0 && self.flags.class_body => {
                    return Place::Namespace;
                }
                Some(Home::Local) => return Place::Local(registers[name]),
                Some(Home::Cell) => return Place::Cell(registers[name]),
                Some(Home::Global)
                    if depth == 0 && self.is_separate() && !scope.is_explicit_global(name) =>
                {
                    return Place::Namespace;
                }
                Some(Home::Global) if scope.is_explicit_global(name) || depth == 0 => {
                    return if self.flags.class_body && !scope.is_explicit_global(name) {
                        Place::Namespace
                    } else {
                        Place::Global
                    };
                }
                // Of an inlined comprehension: the scopes around tell.
                _ => {}
            }
        }
        match self.free.iter().position(|free| free == name) {
            Some(index)
                if self.flags.class_body && !self.own_scope().is_explicit_nonlocal(name) =>
            {
                Place::NamespaceOrFree(index as u16)
            }
            Some(index) => Place::Free(index as u16),
            None => Place::Global,
        }
    }

    /// Whether this is top-level code whose names live in a namespace of their own.
    fn is_separate(&self) -> bool {
        self.flags.module && self.shared.separate
    }

    /// A name's value: the register of a local that is bound, else `dst` or a new temporary.
    pub(super) fn load_name(&mut self, name: &Name, dst: Option<Reg>) -> Reg {
        let name = self.mangled(name);
        let place = self.place_of(&name);
        if let Place::Local(reg) = place {
            self.check_bound(&name, reg);
            return match dst {
                Some(dst) if dst != reg => {
                    self.emit(Op::Move { dst, src: reg });
                    dst
                }
                _ => reg,
            };
        }
        let dst = dst.unwrap_or_else(|| self.temp());
        match place {
            Place::Local(_) => {}
            Place::Cell(cell) => _ = self.emit(Op::LoadCell { dst, cell }),
            Place::Free(index) => _ = self.emit(Op::LoadFree { dst, index }),
            Place::Global => {
                let site = self.name_site(&name);
                self.emit(Op::LoadGlobal { dst, site });
            }
            Place::Namespace => {
                let site = self.name_site(&name);
                self.emit(Op::LoadName { dst, site });
            }
            Place::NamespaceOrFree(index) => {
                let site = self.name_site(&name);
                self.emit(Op::LoadClassFree { dst, site, index });
            }
        }
        dst
    }

    fn check_bound(&mut self, name: &Name, reg: Reg) {
        let sure = self.bound.get(usize::from(reg)).copied().unwrap_or(true);
        if !sure {
            self.emit(Op::CheckBound { reg });
            if !self.own_scope().deleted.contains(name) {
                self.bound[usize::from(reg)] = true;
            }
        }
    }

    /// The register of a name that an expression's result can go into directly.
    pub(super) fn direct_register(&self, name: &Name) -> Option<Reg> {
        match self.place_of(&self.mangled(name)) {
            Place::Local(reg) => Some(reg),
            _ => None,
        }
    }

    /// Notes that a local has been bound.
    pub(super) fn note_bound(&mut self, name: &Name, reg: Reg) {
        if let Some(bound) = self.bound.get_mut(usize::from(reg)) {
            let name = super::scope::mangle(self.class.as_ref(), name);
            *bound = !self.scopes[0].0.deleted.contains(&name);
        }
    }

    /// Sets a name to a register's value.
    pub(super) fn store_name(&mut self, name: &Name, src: Reg) {
        let mangled = self.mangled(name);
        match self.place_of(&mangled) {
            Place::Local(reg) => {
                if reg != src {
                    self.emit(Op::Move { dst: reg, src });
                }
                self.note_bound(name, reg);
            }
            Place::Cell(cell) => _ = self.emit(Op::StoreCell { cell, src }),
            Place::Free(index) => _ = self.emit(Op::StoreFree { index, src }),
            Place::Global => {
                let site = self.name_site(&mangled);
                self.emit(Op::StoreGlobal { src, site });
            }
            Place::Namespace | Place::NamespaceOrFree(_) => {
                let site = self.name_site(&mangled);
                self.emit(Op::StoreName { src, site });
            }
        }
    }

    /// `del name`; with `quietly`, a local may be unbound already.
    pub(super) fn delete_name(&mut self, name: &Name, quietly: bool) {
        let mangled = self.mangled(name);
        match self.place_of(&mangled) {
            Place::Local(reg) => {
                if !quietly {
                    self.emit(Op::CheckBound { reg });
                }
                self.emit(Op::Unbind { reg });
                if let Some(bound) = self.bound.get_mut(usize::from(reg)) {
                    *bound = false;
                }
            }
            Place::Cell(cell) => _ = self.emit(Op::DeleteCell { cell }),
            Place::Free(index) => _ = self.emit(Op::DeleteFree { index }),
            Place::Global => {
                let site = self.name_site(&mangled);
                self.emit(Op::DeleteGlobal { site });
            }
            Place::Namespace | Place::NamespaceOrFree(_) => {
                let site = self.name_site(&mangled);
                self.emit(Op::DeleteName { site });
            }
        }
    }
}
