//! Images: where their elements are.

use super::channel::Channel;

/// Elements in memory, and how they lie there.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    pub base: u64,
    /// Bytes from one row to the next, and from one slice or layer to the next.
    pub pitch: u64,
    pub slice: u64,
    /// Elements of a row, rows, and slices; 1 of a dimension that it does not have.
    pub extent: [u32; 3],
    /// 1 if it has none; of a cube map 6 faces.
    pub layers: u32,
    pub channel: Channel,
    /// Numbers of an element: 1, 2 or 4.
    pub channels: u32,
}

impl Image {
    /// Bytes of an element.
    pub fn element(&self) -> u64 {
        u64::from(self.channel.bytes() * self.channels)
    }

    /// Where `bytes` at a place are, of which x counts bytes; None if not all of them are in the image.
    pub fn place(&self, at: [i64; 3], layer: i64, bytes: u32) -> Option<u64> {
        let [x, y, z] = at.map(u64::try_from);
        let (x, y, z, layer) = (x.ok()?, y.ok()?, z.ok()?, u64::try_from(layer).ok()?);
        let [width, height, depth] = self.extent.map(u64::from);
        let row = width * self.element();
        let is_inside = x.checked_add(bytes.into())? <= row && y < height && z < depth && layer < self.layers.into();
        is_inside.then(|| self.base + (z + layer) * self.slice + y * self.pitch + x)
    }

    /// The same, with coordinates beyond an edge at that edge.
    pub fn clamped(&self, at: [i64; 3], layer: i64, bytes: u32) -> Option<u64> {
        let row = i64::from(self.extent[0]) * self.element() as i64;
        let [_, height, depth] = self.extent.map(i64::from);
        let ends = [row - i64::from(bytes), height - 1, depth - 1];
        let at = std::array::from_fn(|axis| at[axis].clamp(0, ends[axis].max(0)));
        self.place(at, layer.clamp(0, i64::from(self.layers) - 1), bytes)
    }
}
