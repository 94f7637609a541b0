//! `itertools`

mod combine;
mod endless;
mod group;
mod select;
mod sum;
mod tee;

use super::define::def;
use crate::lang::object::{ModuleSpec, Value};

/// `itertools`
pub(super) static ITERTOOLS: ModuleSpec = ModuleSpec {
    name: "itertools",
    doc: "Building blocks for iterators.",
    functions: &[def(
        "tee(iterable, n=2, /)",
        "Independent iterators over the same elements.",
        tee::tee,
    )],
    setup: |_, module| {
        let classes = [
            ("accumulate", sum::accumulate_class()),
            ("chain", select::chain_class()),
            ("combinations", combine::combinations_class()),
            (
                "combinations_with_replacement",
                combine::with_replacement_class(),
            ),
            ("compress", select::compress_class()),
            ("count", endless::count_class()),
            ("cycle", endless::cycle_class()),
            ("dropwhile", select::dropwhile_class()),
            ("filterfalse", select::filterfalse_class()),
            ("groupby", group::groupby_class()),
            ("islice", select::islice_class()),
            ("pairwise", group::pairwise_class()),
            ("permutations", combine::permutations_class()),
            ("product", combine::product_class()),
            ("repeat", endless::repeat_class()),
            ("starmap", sum::starmap_class()),
            ("takewhile", select::takewhile_class()),
            ("zip_longest", sum::zip_longest_class()),
        ];
        classes
            .iter()
            .for_each(|(name, class)| module.set(name, Value::from(class)));
        Ok(())
    },
};
