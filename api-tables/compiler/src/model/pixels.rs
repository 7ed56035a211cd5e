//! Images: what a handle type says of the pixels of its objects.

use super::events::Asked;
use proc_macro2::Span;

/// `#[pixels(size = f(KEY), rows = f(KEY) == e)]`: objects of this type are images.
#[derive(Debug)]
pub struct Pixels {
    /// How many bytes a pixel has.
    pub size: Asked,
    /// The question, and its answer for images that are arrays of rows, which are a slice pitch apart.
    pub rows: (Asked, i128),
    pub span: Span,
}
