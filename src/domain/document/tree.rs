//! One document as a folding tree.

use std::{collections::BTreeMap, sync::Arc};

use bson::{RawDocumentBuf, spec::ElementType};
use jiff::tz::TimeZone;

use super::{
    json,
    raw::{self, Element, element_at},
    summary,
};
use crate::domain::{
    shell,
    text::{SafeText, safe},
};

/// One document as a folding tree.
///
/// Line 0 is the document itself, folded at first. What is folded costs nothing: its bytes
/// are passed by, not read. What is unfolded costs four bytes a child, and one pass over the
/// lengths of its children when it is opened. Lines are made only when they are asked for.
#[derive(Debug, Clone)]
pub struct Tree {
    raw: Arc<RawDocumentBuf>,
    root: Option<Box<Node>>,
}

/// One visible line of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How deep it is nested; the document itself is at 0.
    pub depth: usize,
    /// The field's name or the index in an array; empty for the document itself.
    pub key: SafeText,
    /// The value on one line; the beginning of it where it is long.
    pub value: SafeText,
    /// The name of the type as `$type` knows it; `corrupt` where the bytes are no BSON.
    pub type_name: &'static str,
    /// Whether it has fields or elements of its own.
    pub foldable: bool,
    /// Whether these are hidden; true for what is not foldable.
    pub folded: bool,
    /// Bytes that the value takes.
    pub size: usize,
}

/// An unfolded document or array.
#[derive(Debug, Clone)]
struct Node {
    /// Where its terminator is in the bytes of the root.
    end: usize,
    is_array: bool,
    /// Where each child begins in the bytes of the root.
    children: Vec<u32>,
    /// Unfolded children by index.
    open: BTreeMap<usize, Box<Node>>,
    /// Visible lines of everything inside. Where the bytes after the last child are no valid
    /// BSON, a line of its own says so.
    n_lines: usize,
}

/// What a line is: its place among its siblings, and theirs above it.
struct Found<'a> {
    /// The index in each unfolded container, from the root's on.
    path: Vec<usize>,
    /// The container that the line is in.
    node: &'a Node,
    /// The line's own lines inside, where it is unfolded.
    opened: Option<&'a Node>,
}

impl Node {
    fn unfold(bytes: &[u8], start: usize, is_array: bool) -> Self {
        let mut children = Vec::new();
        let mut is_corrupt = false;
        for element in raw::elements(bytes, start) {
            let offset = element.ok().and_then(|element| u32::try_from(element.start).ok());
            match offset {
                Some(offset) => children.push(offset),
                None => is_corrupt = true,
            }
        }
        children.shrink_to_fit();
        let n_lines = children.len() + usize::from(is_corrupt);
        let end = raw::document_end(bytes, start).unwrap_or(0);
        Self { end, is_array, children, open: BTreeMap::new(), n_lines }
    }

    /// Which child has the line, and which line inside that child: 0 is the child itself.
    fn child_at(&self, line: usize) -> (usize, usize) {
        let mut lines_inside = 0;
        for (index, node) in &self.open {
            let own = index + lines_inside;
            if line <= own {
                break;
            }
            if line <= own + node.n_lines {
                return (*index, line - own);
            }
            lines_inside += node.n_lines;
        }
        (line - lines_inside, 0)
    }

    fn element<'a>(&self, bytes: &'a [u8], index: usize) -> Option<Element<'a>> {
        let start = usize::try_from(*self.children.get(index)?).ok()?;
        element_at(bytes, start, self.end).ok()?
    }

    fn fold(&mut self, path: &[usize]) -> usize {
        let hidden = match path {
            [] => 0,
            [index] => self.open.remove(index).map_or(0, |node| node.n_lines),
            [index, rest @ ..] => self.open.get_mut(index).map_or(0, |node| node.fold(rest)),
        };
        self.n_lines -= hidden;
        hidden
    }

    fn insert(&mut self, path: &[usize], unfolded: Box<Self>) {
        self.n_lines += unfolded.n_lines;
        match path {
            [] => {}
            [index] => drop(self.open.insert(*index, unfolded)),
            [index, rest @ ..] => {
                if let Some(node) = self.open.get_mut(index) {
                    node.insert(rest, unfolded);
                }
            }
        }
    }
}

impl Tree {
    /// The document, folded. O(1).
    pub const fn new(raw: Arc<RawDocumentBuf>) -> Self {
        Self { raw, root: None }
    }

    /// The document that the tree shows.
    pub const fn raw(&self) -> &Arc<RawDocumentBuf> {
        &self.raw
    }

    /// How many lines are visible; at least 1.
    pub fn n_lines(&self) -> usize {
        1 + self.root.as_ref().map_or(0, |root| root.n_lines)
    }

    /// The visible line with this index, counted from 0; `None` below the last. Dates are UTC.
    pub fn line(&self, index: usize) -> Option<Line> {
        self.line_in(index, &TimeZone::UTC)
    }

    /// As [`Tree::line`], with dates in a zone.
    pub fn line_in(&self, index: usize, zone: &TimeZone) -> Option<Line> {
        let Some(index) = index.checked_sub(1) else { return Some(self.first_line(zone)) };
        let found = self.find(index)?;
        let child = *found.path.last()?;
        let depth = found.path.len();
        let bytes = self.raw.as_bytes();
        let Some(element) = found.node.element(bytes, child) else { return Some(corrupt(depth)) };
        let key =
            if found.node.is_array { safe(&child.to_string()) } else { summary::key(element.key) };
        Some(Line {
            depth,
            key,
            value: summary::value_in(&element, zone),
            type_name: raw::type_name(element.kind),
            foldable: is_foldable(&element),
            folded: found.opened.is_none(),
            size: element.value.len(),
        })
    }

    fn first_line(&self, zone: &TimeZone) -> Line {
        let bytes = self.raw.as_bytes();
        Line {
            depth: 0,
            key: SafeText::default(),
            value: summary::container(bytes, 0, false, zone),
            type_name: raw::type_name(ElementType::EmbeddedDocument),
            foldable: bytes.len() > EMPTY_DOCUMENT,
            folded: self.root.is_none(),
            size: bytes.len(),
        }
    }

    /// Folds an unfolded line and unfolds a folded one. Returns whether anything changed.
    pub fn toggle(&mut self, line: usize) -> bool {
        self.fold(line) || self.unfold(line)
    }

    /// Shows the fields or elements of this line. Returns whether anything changed.
    pub fn unfold(&mut self, line: usize) -> bool {
        let bytes = self.raw.as_bytes();
        let Some(index) = line.checked_sub(1) else {
            let is_folded = self.root.is_none() && bytes.len() > EMPTY_DOCUMENT;
            if is_folded {
                self.root = Some(Box::new(Node::unfold(bytes, 0, false)));
            }
            return is_folded;
        };
        let Some((path, node)) = self.unfolded(index) else { return false };
        if let Some(root) = &mut self.root {
            root.insert(&path, Box::new(node));
        }
        true
    }

    /// The node of a line that is foldable and folded.
    fn unfolded(&self, index: usize) -> Option<(Vec<usize>, Node)> {
        let found = self.find(index)?;
        let bytes = self.raw.as_bytes();
        let element = found.node.element(bytes, *found.path.last()?)?;
        let is_folded = found.opened.is_none() && is_foldable(&element);
        let start = element.end - element.value.len();
        let is_array = element.kind == ElementType::Array;
        is_folded.then(|| (found.path, Node::unfold(bytes, start, is_array)))
    }

    /// Hides the fields or elements of this line. Returns whether anything changed.
    pub fn fold(&mut self, line: usize) -> bool {
        let Some(index) = line.checked_sub(1) else { return self.root.take().is_some() };
        let Some(found) = self.find(index) else { return false };
        let (is_open, path) = (found.opened.is_some(), found.path);
        if let (true, Some(root)) = (is_open, &mut self.root) {
            root.fold(&path);
        }
        is_open
    }

    /// The line of the container that this line is in; `None` for the document itself.
    pub fn parent(&self, line: usize) -> Option<usize> {
        let path = self.find(line.checked_sub(1)?)?.path;
        let mut parent = 0;
        let mut node = self.root.as_deref();
        for index in path.get(..path.len().checked_sub(1)?)? {
            let opened = node?;
            let before: usize = opened.open.range(..index).map(|(_, node)| node.n_lines).sum();
            parent += 1 + index + before;
            node = opened.open.get(index).map(Box::as_ref);
        }
        Some(parent)
    }

    /// The way to this line in dotted notation, such as `lines.3.sku`; empty for the document.
    ///
    /// As stored: whoever shows it makes it safe.
    pub fn path(&self, line: usize) -> Option<String> {
        let Some(index) = line.checked_sub(1) else { return Some(String::new()) };
        let found = self.find(index)?;
        let bytes = self.raw.as_bytes();
        let mut parts = Vec::new();
        let mut node = self.root.as_deref();
        for index in &found.path {
            let container = node?;
            let element = container.element(bytes, *index)?;
            parts.push(if container.is_array {
                index.to_string()
            } else {
                String::from_utf8_lossy(element.key).into_owned()
            });
            node = container.open.get(index).map(Box::as_ref);
        }
        Some(parts.join("."))
    }

    /// The whole value of this line as relaxed Extended JSON, for copying; `None` where there
    /// is no line or no valid BSON. O(size of the value).
    pub fn value_text(&self, line: usize) -> Option<String> {
        let Some(index) = line.checked_sub(1) else { return Some(self.document_text()) };
        let found = self.find(index)?;
        let element = found.node.element(self.raw.as_bytes(), *found.path.last()?)?;
        Some(json::value(&element))
    }

    /// The whole value of this line in the syntax of the shell, for copying. O(size of the
    /// value).
    pub fn shell_text(&self, line: usize) -> Option<String> {
        let bytes = self.raw.as_bytes();
        let Some(index) = line.checked_sub(1) else { return Some(shell::raw_document(bytes)) };
        let found = self.find(index)?;
        let element = found.node.element(bytes, *found.path.last()?)?;
        Some(shell::raw_value(&element))
    }

    /// The whole value of this line to be read, in lines: a text without its quotes, anything
    /// else in the syntax of the shell; `None` for what unfolds. What a text holds beside
    /// plain characters and ends of lines is written as escapes. O(size of the value).
    pub fn readable(&self, line: usize) -> Option<String> {
        let found = self.find(line.checked_sub(1)?)?;
        let element = found.node.element(self.raw.as_bytes(), *found.path.last()?)?;
        match element.kind {
            _ if is_foldable(&element) => None,
            ElementType::String => {
                let text = String::from_utf8_lossy(raw::text(element.value));
                Some(text.replace('\\', "\\\\").replace('\t', "\\t").replace('\r', "\\r"))
            }
            _ => Some(shell::raw_value(&element)),
        }
    }

    /// The way to this line by names alone, as a query has it: `lines.sku`, without places in
    /// arrays; `None` where a name of it cannot stand in a query.
    pub fn field(&self, line: usize) -> Option<String> {
        let found = self.find(line.checked_sub(1)?)?;
        let bytes = self.raw.as_bytes();
        let mut parts = Vec::new();
        let mut node = self.root.as_deref();
        for index in &found.path {
            let container = node?;
            if !container.is_array {
                let name = std::str::from_utf8(container.element(bytes, *index)?.key).ok()?;
                let is_plain = !name.is_empty() && !name.starts_with('$') && !name.contains('.');
                parts.push(is_plain.then_some(name)?);
            }
            node = container.open.get(index).map(Box::as_ref);
        }
        Some(parts.join("."))
    }

    /// The place of a line: the index in each container, from the document's on; empty for
    /// the document itself. It stays true however the tree is folded.
    pub fn place(&self, line: usize) -> Option<Vec<usize>> {
        let Some(index) = line.checked_sub(1) else { return Some(Vec::new()) };
        self.find(index).map(|found| found.path)
    }

    /// The next place after `after` whose name or value holds the text, in any case, whether
    /// it is folded or not. O(size of the document).
    pub fn search(&self, text: &str, after: Option<&[usize]>) -> Option<Vec<usize>> {
        let wanted = text.to_lowercase();
        let mut path = Vec::new();
        search_in((self.raw.as_bytes(), 0), (&wanted, after), &mut path).then_some(path)
    }

    /// Unfolds everything above a place, and gives its line.
    pub fn reveal(&mut self, place: &[usize]) -> usize {
        let mut line = 0;
        for index in place {
            self.unfold(line);
            let inside = self.find_node(line);
            let before: usize = inside
                .map_or(0, |node| node.open.range(..index).map(|(_, node)| node.n_lines).sum());
            line += 1 + index + before;
        }
        line
    }

    /// What is unfolded on this line.
    fn find_node(&self, line: usize) -> Option<&Node> {
        match line.checked_sub(1) {
            None => self.root.as_deref(),
            Some(index) => self.find(index)?.opened,
        }
    }

    /// The whole document as relaxed Extended JSON. O(size of the document).
    pub fn document_text(&self) -> String {
        json::document(self.raw.as_bytes())
    }

    /// What the line below the first is; `index` does not count the first one.
    fn find(&self, mut index: usize) -> Option<Found<'_>> {
        let mut node = self.root.as_deref()?;
        if index >= node.n_lines {
            return None;
        }
        let mut path = Vec::new();
        loop {
            let (child, inside) = node.child_at(index);
            path.push(child);
            let opened = node.open.get(&child).map(Box::as_ref);
            match (inside.checked_sub(1), opened) {
                (Some(below), Some(opened)) => (node, index) = (opened, below),
                _ => return Some(Found { path, node, opened }),
            }
        }
    }
}

/// Whether something after the place holds the text; `path` is its place then.
fn search_in(
    (bytes, start): (&[u8], usize),
    (wanted, after): (&str, Option<&[usize]>),
    path: &mut Vec<usize>,
) -> bool {
    for (index, element) in raw::elements(bytes, start).map_while(Result::ok).enumerate() {
        path.push(index);
        let is_after = after.is_none_or(|after| path.as_slice() > after);
        // What lies wholly before needs no look inside.
        let is_before = after.is_some_and(|after| {
            let shared = path.len().min(after.len());
            path[..shared] < after[..shared]
        });
        if is_after && summary::holds(&element, wanted) {
            return true;
        }
        let inside = element.end - element.value.len();
        if !is_before && is_foldable(&element) && search_in((bytes, inside), (wanted, after), path)
        {
            return true;
        }
        path.pop();
    }
    false
}

/// Length of a document without fields.
const EMPTY_DOCUMENT: usize = 5;

fn is_foldable(element: &Element<'_>) -> bool {
    matches!(element.kind, ElementType::EmbeddedDocument | ElementType::Array)
        && element.value.len() > EMPTY_DOCUMENT
}

fn corrupt(depth: usize) -> Line {
    Line {
        depth,
        key: SafeText::default(),
        value: safe("the rest is not valid BSON"),
        type_name: "corrupt",
        foldable: false,
        folded: true,
        size: 0,
    }
}
