//! How long memory is that a pointer argument points to.

use super::expr::Expr;

#[derive(Debug)]
pub enum Len {
    One,
    /// As many elements.
    Count(Expr),
    /// `[c_void; rect(region, …)]`: bytes laid out in rows, by a function of the protocol crate named here. The
    /// names it may have are in [`LAYOUTS`].
    Layout {
        function: String,
        args: Vec<Expr>,
    },
    /// `[c_void; binary(p)]` of parameter p itself: bytes that say how many they are, to a function of the protocol crate
    /// named here. The names it may have are in [`LOOKS`].
    Found {
        function: String,
        of: String,
    },
    /// Ended by the list's end.
    Ended,
}

/// Layout functions and how many arguments each takes: `rect(origin, region, row_pitch, slice_pitch)` is host memory of a
/// rectangular copy, `pixels(image, region, row_pitch, slice_pitch)` of an image copy. `image(format, desc)`, `image2d(format, width, height, row_pitch)`
/// and `image3d(format, width, height, depth, row_pitch, slice_pitch)` are host memory that an image is made from.
pub const LAYOUTS: &[(&str, usize)] = &[("rect", 4), ("pixels", 4), ("image", 2), ("image2d", 4), ("image3d", 6)];

/// Functions that look at memory to find how long it is: `binary(image)` knows code for NVIDIA's GPUs.
pub const LOOKS: &[&str] = &["binary"];
