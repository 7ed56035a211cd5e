//! The layout of host memory with gaps: the layout functions that tables name.
//!
//! OpenCL's rectangular and image copies access rows with gaps between them; the gaps belong to the program and must be
//! neither read nor written. Both sides compute the rows with these functions.

/// Rows of bytes behind a pointer: `slices` × `rows` runs of `row` bytes each.
#[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Offset of the first byte.
    pub start: u64,
    /// Bytes in a row.
    pub row: u64,
    pub rows: u64,
    /// Bytes from one row to the next.
    pub row_pitch: u64,
    pub slices: u64,
    /// Bytes from one slice to the next.
    pub slice_pitch: u64,
}

impl Rows {
    pub const NOTHING: Self = Self { start: 0, row: 0, rows: 0, row_pitch: 0, slices: 0, slice_pitch: 0 };

    /// One run of `len` bytes.
    #[inline]
    pub fn flat(len: Option<u64>) -> Option<Self> {
        let row = len?;
        Some(Self { start: 0, row, rows: 1, row_pitch: row, slices: 1, slice_pitch: row })
    }

    /// Bytes from the first to behind the last; `None` on overflow.
    #[inline]
    pub fn span(&self) -> Option<u64> {
        if self.row == 0 || self.rows == 0 || self.slices == 0 {
            return Some(0);
        }
        let last_slice = self.slice_pitch.checked_mul(self.slices - 1)?;
        let last_row = self.row_pitch.checked_mul(self.rows - 1)?;
        let span = last_slice.checked_add(last_row)?.checked_add(self.row)?;
        span.checked_add(self.start)?;
        Some(span)
    }

    /// Bytes in all rows, without the gaps. Only for rows whose [`Rows::span`] does not overflow.
    pub fn bytes(&self) -> u64 {
        self.row.saturating_mul(self.rows).saturating_mul(self.slices)
    }

    /// Offset of every row from the first byte, in order; none for empty rows. Only for rows whose [`Rows::span`] does not
    /// overflow.
    pub fn offsets(&self) -> impl Iterator<Item = u64> + use<> {
        let Self { row, rows, row_pitch, slice_pitch, .. } = *self;
        let slices = if row == 0 || rows == 0 { 0 } else { self.slices };
        (0..slices).flat_map(move |s| (0..rows).map(move |r| s * slice_pitch + r * row_pitch))
    }

    /// Whether there are no gaps between the rows.
    #[inline]
    pub fn is_flat(&self) -> bool {
        self.span() == self.row.checked_mul(self.rows).and_then(|n| n.checked_mul(self.slices))
    }
}

type Three = Option<[u64; 3]>;

/// Host memory of `clEnqueueReadBufferRect` and similar calls (OpenCL 3.0, 5.2.2): `origin` and `region` are bytes, rows,
/// slices.
pub fn rect(origin: Three, region: Three, row_pitch: Option<u64>, slice_pitch: Option<u64>) -> Option<Rows> {
    let ([x, y, z], [width, height, depth]) = (origin?, region?);
    let row_pitch = or(row_pitch?, width);
    let slice_pitch = or(slice_pitch?, height.checked_mul(row_pitch)?);
    let start = z.checked_mul(slice_pitch)?.checked_add(y.checked_mul(row_pitch)?)?.checked_add(x)?;
    Some(Rows { start, row: width, rows: height, row_pitch, slices: depth, slice_pitch })
}

/// How the pixels of an image lie in host memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pixel {
    /// Bytes of one pixel.
    pub size: u64,
    /// Whether the second dimension of a region counts images of a 1D array, which are a slice pitch apart.
    pub array_of_rows: bool,
}

/// Host memory of `clEnqueueReadImage` and `clEnqueueWriteImage` (OpenCL 3.0, 5.3.3).
pub fn pixels(pixel: Pixel, region: Three, row_pitch: Option<u64>, slice_pitch: Option<u64>) -> Option<Rows> {
    let [width, height, depth] = region?;
    let row = width.checked_mul(pixel.size)?;
    let row_pitch = or(row_pitch?, row);
    if pixel.array_of_rows {
        let pitch = or(slice_pitch?, row_pitch);
        return Some(Rows { start: 0, row, rows: height, row_pitch: pitch, slices: 1, slice_pitch: 0 });
    }
    let slice_pitch = or(slice_pitch?, height.checked_mul(row_pitch)?);
    Some(Rows { start: 0, row, rows: height, row_pitch, slices: depth, slice_pitch })
}

/// Host memory that `clCreateImage` reads (OpenCL 3.0, 5.3.1.2): `format` and `desc` are the bytes of a
/// `cl_image_format` and a `cl_image_desc`.
pub fn image(format: Option<&[u8]>, desc: Option<&[u8]>) -> Option<Rows> {
    let desc = desc?;
    let word = |at: usize| Some(u64::from_le_bytes(desc.get(at..at + 8)?.try_into().ok()?));
    let kind = u32::from_le_bytes(desc.get(0..4)?.try_into().ok()?);
    let (width, height, depth, array) = (word(8)?, word(16)?, word(24)?, word(32)?);
    let (row_pitch, slice_pitch) = (word(40)?, word(48)?);
    let row = width.checked_mul(pixel_size(format?)?)?;
    let row_pitch = or(row_pitch, row);
    let (rows, slices) = match kind {
        IMAGE1D | IMAGE1D_BUFFER => (1, 1),
        IMAGE2D => (height, 1),
        IMAGE3D => (height, depth),
        IMAGE1D_ARRAY => (1, array),
        IMAGE2D_ARRAY => (height, array),
        _ => return None,
    };
    let slice_pitch = or(slice_pitch, rows.checked_mul(row_pitch)?);
    let whole = slice_pitch.checked_mul(slices)?;
    // A vendor that uses the memory in place accesses whole pitches, which the specification makes part of the image.
    let len = if slices > 1 { whole } else { row_pitch.checked_mul(rows)? };
    Rows::flat(Some(len))
}

const IMAGE2D: u32 = 0x10F1;
const IMAGE3D: u32 = 0x10F2;
const IMAGE2D_ARRAY: u32 = 0x10F3;
const IMAGE1D: u32 = 0x10F4;
const IMAGE1D_ARRAY: u32 = 0x10F5;
const IMAGE1D_BUFFER: u32 = 0x10F6;

/// Host memory that `clCreateImage2D` reads.
pub fn image2d(format: Option<&[u8]>, width: Option<u64>, height: Option<u64>, row_pitch: Option<u64>) -> Option<Rows> {
    image3d(format, width, height, Some(1), row_pitch, Some(0))
}

/// Host memory that `clCreateImage3D` reads.
pub fn image3d(
    format: Option<&[u8]>,
    width: Option<u64>,
    height: Option<u64>,
    depth: Option<u64>,
    row_pitch: Option<u64>,
    slice_pitch: Option<u64>,
) -> Option<Rows> {
    let row = width?.checked_mul(pixel_size(format?)?)?;
    let row_pitch = or(row_pitch?, row);
    let slice_pitch = or(slice_pitch?, row_pitch.checked_mul(height?)?);
    Rows::flat(slice_pitch.checked_mul(depth?))
}

/// Host memory of `cuMemcpy3D` (CUDA driver API, memory management): `at` and `extent` are bytes, rows, layers; `pitch` is
/// bytes from one row to the next, `height` rows from one layer to the next. Neither counts where there is but one.
pub fn boxed(at: [u64; 3], extent: [u64; 3], pitch: u64, height: u64) -> Option<Rows> {
    let ([x, y, z], [row, rows, slices]) = (at, extent);
    let (one_row, one_slice) = (rows <= 1 && y == 0, slices <= 1 && z == 0);
    let (end, bottom) = (x.checked_add(row)?, y.checked_add(rows)?);
    let row_pitch = if one_row { pitch.max(end) } else { or(pitch, end) };
    let height = if one_slice { height.max(bottom) } else { or(height, bottom) };
    let slice_pitch = if one_slice { 0 } else { height.checked_mul(row_pitch)? };
    let start = z.checked_mul(slice_pitch)?.checked_add(y.checked_mul(row_pitch)?)?.checked_add(x)?;
    Some(Rows { start, row, rows, row_pitch, slices, slice_pitch })
}

/// Bytes of a pixel of a `cl_image_format` (OpenCL 3.0, tables 17 and 18); `None` for unknown formats.
pub fn pixel_size(format: &[u8]) -> Option<u64> {
    let order = u32::from_le_bytes(format.get(0..4)?.try_into().ok()?);
    let kind = u32::from_le_bytes(format.get(4..8)?.try_into().ok()?);
    let channels = match order {
        // R, A, INTENSITY, LUMINANCE, DEPTH
        0x10B0 | 0x10B1 | 0x10B8 | 0x10B9 | 0x10BD => 1,
        // RG, RA, Rx, DEPTH_STENCIL
        0x10B2 | 0x10B3 | 0x10BA | 0x10BE => 2,
        // RGB, RGx, sRGB
        0x10B4 | 0x10BB | 0x10BF => 3,
        // RGBA, BGRA, ARGB, RGBx, sRGBx, sRGBA, sBGRA, ABGR
        0x10B5..=0x10B7 | 0x10BC | 0x10C0..=0x10C3 => 4,
        _ => return None,
    };
    Some(match kind {
        // SNORM_INT8, UNORM_INT8, SIGNED_INT8, UNSIGNED_INT8
        0x10D0 | 0x10D2 | 0x10D7 | 0x10DA => channels,
        // SNORM_INT16, UNORM_INT16, SIGNED_INT16, UNSIGNED_INT16, HALF_FLOAT
        0x10D1 | 0x10D3 | 0x10D8 | 0x10DB | 0x10DD => channels * 2,
        // UNORM_SHORT_565, UNORM_SHORT_555
        0x10D4 | 0x10D5 => 2,
        // UNORM_INT_101010, UNORM_INT24, UNORM_INT_101010_2
        0x10D6 | 0x10DF | 0x10E0 => 4,
        // SIGNED_INT32, UNSIGNED_INT32, FLOAT
        0x10D9 | 0x10DC | 0x10DE => channels * 4,
        _ => return None,
    })
}

/// A pitch of 0 means no gap.
fn or(pitch: u64, tight: u64) -> u64 {
    if pitch == 0 { tight } else { pitch }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_starts_at_its_origin_and_leaves_gaps() {
        let rows = rect(Some([2, 1, 1]), Some([3, 2, 2]), Some(10), Some(50)).unwrap();
        assert_eq!((rows.start, rows.span()), (62, Some(63)));
        assert_eq!(rows.offsets().collect::<Vec<_>>(), [0, 10, 50, 60]);
        assert!(!rows.is_flat());
    }

    #[test]
    fn pitches_of_zero_are_tight() {
        let rows = rect(Some([0; 3]), Some([8, 4, 2]), Some(0), Some(0)).unwrap();
        assert_eq!(rows.span(), Some(64));
        assert!(rows.is_flat());
        let pixel = Pixel { size: 4, array_of_rows: false };
        assert_eq!(pixels(pixel, Some([8, 4, 1]), Some(0), Some(0)).unwrap().span(), Some(128));
    }

    #[test]
    fn images_of_a_1d_array_lie_a_slice_pitch_apart() {
        let pixel = Pixel { size: 4, array_of_rows: true };
        let rows = pixels(pixel, Some([8, 4, 1]), Some(0), Some(64)).unwrap();
        assert_eq!(rows.span(), Some(3 * 64 + 32));
    }

    #[test]
    fn a_box_lies_by_its_pitch_and_height() {
        let rows = boxed([2, 1, 1], [8, 3, 2], 20, 5).unwrap();
        assert_eq!((rows.start, rows.span()), (122, Some(148)));
        assert_eq!(rows.offsets().collect::<Vec<_>>(), [0, 20, 40, 100, 120, 140]);
        let tight = boxed([0; 3], [8, 3, 2], 0, 0).unwrap();
        assert!(tight.is_flat() && tight.span() == Some(48));
        // Where there is but one, what is said of the next does not count.
        assert_eq!(boxed([4, 0, 0], [8, 1, 1], u64::MAX, u64::MAX).unwrap().span(), Some(8));
        assert_eq!(boxed([4, 1, 0], [8, 2, 1], 16, u64::MAX).unwrap().start, 20);
        for nothing in [[0, 3, 2], [8, 0, 2], [8, 3, 0]] {
            assert_eq!(boxed([0; 3], nothing, 20, 5).unwrap().span(), Some(0), "{nothing:?}");
        }
    }

    #[test]
    fn a_box_beyond_all_memory_is_none() {
        const MUCH: u64 = u64::MAX / 2;
        for (at, extent, pitch, height) in [
            ([MUCH, 0, 0], [MUCH + 2, 1, 1], 0, 0),
            ([0, MUCH, 0], [1, 1, 1], 4, 0),
            ([0, 0, 2], [1, 1, 1], MUCH, 2),
            ([0, u64::MAX, 0], [1, 1, 1], 0, 0),
        ] {
            assert_eq!(boxed(at, extent, pitch, height), None, "{at:?} {extent:?}");
        }
        assert_eq!(boxed([0; 3], [1, u64::MAX, u64::MAX], 1, 1).unwrap().span(), None);
    }

    #[test]
    fn overflow_is_no_layout() {
        assert_eq!(rect(Some([0, 2, 0]), Some([1; 3]), Some(u64::MAX), Some(0)), None);
        let rows = Rows { start: 1, row: 1, rows: 2, row_pitch: u64::MAX, slices: 1, slice_pitch: 0 };
        assert_eq!(rows.span(), None);
        assert_eq!(Rows::flat(Some(0)).unwrap().span(), Some(0));
    }

    #[test]
    fn pixel_sizes_follow_the_tables_of_the_specification() {
        let format = |order: u32, kind: u32| [order.to_le_bytes(), kind.to_le_bytes()].concat();
        assert_eq!(pixel_size(&format(0x10B5, 0x10DE)), Some(16));
        assert_eq!(pixel_size(&format(0x10B0, 0x10D2)), Some(1));
        assert_eq!(pixel_size(&format(0x10B4, 0x10D4)), Some(2));
        assert_eq!(pixel_size(&format(0x10B5, 1)), None);
    }
}
