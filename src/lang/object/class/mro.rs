//! C3 linearization, the method resolution order of Python (<https://www.python.org/download/releases/2.3/mro/>).

use super::Class;
use crate::lang::object::Ref;

/// The merged order of the bases; `Err` is Python's message where there is none.
pub(super) fn linearize(bases: &[Ref<Class>]) -> Result<Vec<Ref<Class>>, String> {
    for (i, base) in bases.iter().enumerate() {
        if bases[..i].iter().any(|other| other.same(base)) {
            return Err(format!("duplicate base class {}", base.name().as_str()));
        }
    }
    let mut lists: Vec<Vec<Ref<Class>>> = bases.iter().map(Ref::<Class>::mro).collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let in_a_tail = |class: &Ref<Class>| {
            lists
                .iter()
                .any(|list| list[1..].iter().any(|c| c.same(class)))
        };
        let Some(next) = lists
            .iter()
            .map(|list| list[0].clone())
            .find(|class| !in_a_tail(class))
        else {
            let names: Vec<_> = bases
                .iter()
                .map(|base| base.name().as_str().to_string())
                .collect();
            return Err(format!(
                "Cannot create a consistent method resolution\norder (MRO) for bases {}",
                names.join(", ")
            ));
        };
        lists
            .iter_mut()
            .filter(|list| list[0].same(&next))
            .for_each(|list| {
                list.remove(0);
            });
        order.push(next);
    }
}
