//! The builder's view of a parse: nodes in preorder, with their places in the source.

use super::super::ast::{Ident, MAX_HEIGHT, Name};
use super::super::error::{Parse, SyntaxError, fail};
use super::super::layout::Layout;
use super::Rule;
use crate::base::span::Span;
use hashbrown::HashSet;
use pest::Token;
use pest::iterators::Pairs;
use std::rc::Rc;
use unicode_normalization::UnicodeNormalization;

/// One pair of the grammar.
#[derive(Clone, Copy, Debug)]
pub(in crate::lang::syntax) struct Node {
    pub(super) rule: Rule,
    /// Where the node after this one and all that is in it stands in the list.
    pub(super) next: u32,
    pub(super) span: Span,
}

/// Lists the pairs of a parse in preorder, their positions taken back to the source.
pub(in crate::lang::syntax) fn collect(pairs: Pairs<'_, Rule>, layout: &Layout) -> Vec<Node> {
    let tokens = pairs.tokens();
    let mut nodes: Vec<Node> = Vec::with_capacity(tokens.len() / 2);
    let mut open: Vec<u32> = Vec::new();
    let mut mapper = layout.mapper();
    let (mut before, mut mapped) = (usize::MAX, 0);
    for token in tokens {
        match token {
            Token::Start { rule, pos } => {
                open.push(nodes.len() as u32);
                let start = mapper.map(pos.pos()) as u32;
                nodes.push(Node {
                    rule,
                    next: 0,
                    span: Span { start, end: start },
                });
            }
            Token::End { pos, .. } => {
                // Some nodes end with the blank that `sp` matched.
                let blank = pos.pos() > 0 && layout.text.as_bytes()[pos.pos() - 1] == b' ';
                let end = pos.pos() - usize::from(blank);
                if end != before {
                    before = end;
                    mapped = mapper.map_end(before) as u32;
                }
                let index = open.pop().expect("pairs nest") as usize;
                nodes[index].next = nodes.len() as u32;
                nodes[index].span.end = mapped;
            }
        }
    }
    nodes
}

/// Makes the tree from nodes, as a descent that looks at one node ahead.
pub(in crate::lang::syntax) struct Builder<'a> {
    pub(super) text: &'a str,
    nodes: Vec<Node>,
    /// The next node to look at.
    at: usize,
    /// Where the node being read ends.
    limit: usize,
    /// The source position after the last node passed.
    pub(super) end: u32,
    /// The height of the subtree built so far at this level.
    pub(super) height: usize,
    /// How many levels the descent is deep.
    pub(super) depth: usize,
    /// How many f-strings the text stands in.
    pub(super) fstrings: usize,
    /// The function whose body is being read.
    pub(super) function: Around,
    names: HashSet<Rc<str>>,
}

/// What is known of the function around a piece of text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// There is one.
    pub(super) inside: bool,
    /// It is an `async def`.
    pub(super) is_async: bool,
    /// It has `yield`.
    pub(super) yields: bool,
}

impl<'a> Builder<'a> {
    pub(in crate::lang::syntax) fn new(text: &'a str, nodes: Vec<Node>) -> Builder<'a> {
        let limit = nodes.len();
        let names = HashSet::new();
        Builder {
            text,
            nodes,
            at: 0,
            limit,
            end: 0,
            height: 0,
            depth: 0,
            fstrings: 0,
            function: Around::default(),
            names,
        }
    }

    /// Reads other nodes of the same text, those of an f-string's field.
    pub(super) fn with_nodes<T>(
        &mut self,
        nodes: Vec<Node>,
        read: impl FnOnce(&mut Self) -> Parse<T>,
    ) -> Parse<T> {
        let limit = std::mem::replace(&mut self.limit, nodes.len());
        let nodes = std::mem::replace(&mut self.nodes, nodes);
        let (at, end) = (std::mem::replace(&mut self.at, 0), self.end);
        let result = read(self);
        (self.nodes, self.at, self.limit, self.end) = (nodes, at, limit, end);
        result
    }

    /// The rule of the next node here.
    #[inline]
    pub(super) fn peek(&self) -> Option<Rule> {
        if self.at < self.limit {
            Some(self.nodes[self.at].rule)
        } else {
            None
        }
    }

    /// Whether the next node here has this rule.
    #[inline]
    pub(super) fn sees(&self, rule: Rule) -> bool {
        self.peek() == Some(rule)
    }

    /// The next node here. There is one: the grammar says so.
    #[inline]
    pub(super) fn node(&self) -> Node {
        self.nodes[self.at]
    }

    /// Where the next node starts; where the last one ended, if there is none.
    pub(super) fn start(&self) -> u32 {
        if self.at < self.limit {
            self.nodes[self.at].span.start
        } else {
            self.end
        }
    }

    /// Passes the next node and all in it.
    #[inline]
    pub(super) fn skip(&mut self) -> Node {
        let node = self.nodes[self.at];
        self.at = node.next as usize;
        self.end = node.span.end;
        node
    }

    /// Passes the next node if it has this rule.
    #[inline]
    pub(super) fn accept(&mut self, rule: Rule) -> bool {
        let found = self.sees(rule);
        if found {
            self.skip();
        }
        found
    }

    /// Reads what is in the next node, and passes it.
    #[inline]
    pub(super) fn inside<T>(&mut self, read: impl FnOnce(&mut Self, Node) -> Parse<T>) -> Parse<T> {
        let node = self.nodes[self.at];
        let limit = std::mem::replace(&mut self.limit, node.next as usize);
        self.at += 1;
        let result = read(self, node)?;
        self.at = self.limit;
        self.limit = limit;
        self.end = self.end.max(node.span.end);
        Ok(result)
    }

    /// From `start` to the end of what was passed last.
    #[inline]
    pub(super) fn since(&self, start: u32) -> Span {
        Span {
            start,
            end: self.end,
        }
    }

    /// The source text of a node.
    pub(super) fn source(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    /// The shared text of an identifier, in the form that characters which look or mean the same have in common.
    pub(super) fn intern(&mut self, text: &str) -> Name {
        if !text.is_ascii() {
            let text: String = text.nfkc().collect();
            return self.shared(&text);
        }
        self.shared(text)
    }

    fn shared(&mut self, text: &str) -> Name {
        self.names.get_or_insert_with(text, |t| Rc::from(t)).clone()
    }

    /// Passes a `name` or `attr` node.
    pub(super) fn ident(&mut self) -> Parse<Ident> {
        let span = self.skip().span;
        let text = self.source(span);
        if matches!(text, "None" | "True" | "False") {
            return fail("invalid syntax", span);
        }
        Ok(Ident {
            name: self.intern(text),
            span,
        })
    }

    /// Builds something one level deeper and measures its height.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth > MAX_HEIGHT {
            return Err(Box::new(SyntaxError::too_deep(Span {
                start: self.start(),
                end: self.start(),
            })));
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.height, 0);
        // A look at the stack makes sure of room for eight levels.
        let result = if self.depth.is_multiple_of(8) {
            stacker::maybe_grow(256 * 1024, 2 * 1024 * 1024, || read(self))
        } else {
            read(self)
        };
        self.depth -= 1;
        self.grow()?;
        self.height = self.height.max(outer);
        result
    }

    /// A node was put on top of the subtrees built at this level.
    #[inline]
    pub(super) fn grow(&mut self) -> Parse<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return Err(Box::new(SyntaxError::too_deep(Span {
                start: self.end,
                end: self.end,
            })));
        }
        Ok(())
    }
}
