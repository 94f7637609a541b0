//! Where each name of a scope lives, once all that is inside it is known.

use hashbrown::HashSet;

use super::super::unit::deeply;
use super::finder::Finder;
use super::{Home, Key, Scope, ScopeKind};
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::*;

impl Finder {
    /// Decides where the names of a scope live; returns what it and its children need from around, and which of
    /// those are captured by functions.
    pub(super) fn resolve(
        &mut self,
        key: Key,
        around: &HashSet<Name>,
    ) -> Result<Needs, SyntaxError> {
        let mut scope = self.all.remove(&key).expect("scopes are resolved once");
        let kind = scope.kind.expect("every scope has a kind");
        let mut needs = Needs::default();
        let mut own = HashSet::new();
        for name in &scope.names {
            let u = scope.uses[name];
            let home = if u.global {
                Home::Global
            } else if u.nonlocal {
                if !around.contains(name) {
                    let span = self
                        .errors_at
                        .get(&(key, name.clone()))
                        .copied()
                        .unwrap_or_default();
                    return Err(SyntaxError::new(
                        format!("no binding for nonlocal '{name}' found"),
                        span,
                    ));
                }
                Home::Free
            } else if u.bound && kind != ScopeKind::Module {
                own.insert(name.clone());
                Home::Local
            } else if u.bound || !around.contains(name) {
                Home::Global
            } else {
                Home::Free
            };
            if home == Home::Free {
                needs.add(name, kind != ScopeKind::Inline);
            }
            scope.homes.insert(name.clone(), home);
        }
        let mut inner = around.clone();
        match kind {
            ScopeKind::Function | ScopeKind::Inline => inner.extend(own.iter().cloned()),
            ScopeKind::Class => _ = inner.insert("__class__".into()),
            ScopeKind::Module => {}
        }
        for name in scope
            .homes
            .iter()
            .filter(|(_, home)| **home == Home::Global)
            .map(|(name, _)| name)
        {
            if scope.uses[name].global {
                inner.remove(name);
            }
        }
        for child in scope.children.clone() {
            let child_needs = deeply(|| self.resolve(child, &inner))?;
            child_needs.settle(&mut scope, kind, &own, &mut needs);
        }
        scope.free = needs.names.iter().map(|(name, _)| name.clone()).collect();
        self.all.insert(key, scope);
        Ok(needs)
    }
}

/// What a scope needs from the scopes around it; `true` where a function captures it.
#[derive(Default)]
pub(super) struct Needs {
    names: Vec<(Name, bool)>,
}

impl Needs {
    fn add(&mut self, name: &Name, captured: bool) {
        match self.names.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known |= captured,
            None => self.names.push((name.clone(), captured)),
        }
    }

    /// Finds what a child needs in its parent, or passes the need on.
    fn settle(self, scope: &mut Scope, kind: ScopeKind, own: &HashSet<Name>, needs: &mut Needs) {
        for (name, captured) in self.names {
            let is_own = own.contains(&name) && kind != ScopeKind::Class;
            if is_own {
                if captured {
                    scope.homes.insert(name, Home::Cell);
                }
            } else if kind == ScopeKind::Class && &*name == "__class__" {
                scope.class_cell = true;
            } else {
                // A class's own local of the same name does not hide the outer variable from its methods.
                let hidden = kind == ScopeKind::Class && own.contains(&name);
                if !hidden {
                    scope.homes.insert(name.clone(), Home::Free);
                }
                needs.add(&name, captured || kind != ScopeKind::Inline);
            }
        }
    }
}
