//! Fetches: levels of detail, coordinates, filters.

use super::cube;
use super::image::Image;
use super::object::{Load, Shape, Texture};
use crate::engine::fault::Fault;

/// Where a texture is read.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub shape: Shape,
    /// As many coordinates as the shape has dimensions; the others are 0.
    pub at: [f64; 3],
    /// They count elements, and nothing is filtered.
    pub is_whole: bool,
    pub layer: u32,
    /// The level of detail.
    pub level: f32,
}

/// Steps of a weight: 9 bits, of which 8 are behind the point.
const STEPS: f64 = 256.0;

impl Texture {
    /// The element at a point, or what the filter makes of those around it; of floating-point numbers the bits.
    pub fn fetch(&self, point: &Point, load: &mut Load) -> Result<[u32; 4], Fault> {
        let last = self.levels.len() - 1;
        if last == 0 || point.is_whole {
            let level = if point.is_whole { point.level.max(0.0) as usize } else { 0 };
            return self.of_level(level.min(last), point, load);
        }
        let [least, most] = self.mipmaps.clamp;
        let level = f64::from((point.level + self.mipmaps.bias).max(least).min(most)).max(0.0).min(last as f64);
        if !self.mipmaps.is_linear || !self.gives_floats() {
            return self.of_level((level + 0.5).floor() as usize, point, load);
        }
        let (below, weight) = parts(level);
        let lower = self.of_level(below as usize, point, load)?;
        let upper = self.of_level((below as usize + 1).min(last), point, load)?;
        Ok(sum(&[(1.0 - weight, lower), (weight, upper)]))
    }

    /// One number of each of the four elements that a filter would read, counter-clockwise from the lower left.
    pub fn gather(&self, number: usize, point: &Point, load: &mut Load) -> Result<[u32; 4], Fault> {
        let image = &self.levels[0];
        let (layer, at) = self.coordinates(image, point);
        let [x, y] = [at[0], at[1]].map(|place| (place - 0.5).floor() as i64);
        let mut gathered = [0; 4];
        for (value, [right, up]) in gathered.iter_mut().zip([[0, 1], [1, 1], [1, 0], [0, 0]]) {
            *value = self.element(image, [x + right, y + up, 0], layer, load)?[number];
        }
        Ok(gathered)
    }

    fn of_level(&self, level: usize, point: &Point, load: &mut Load) -> Result<[u32; 4], Fault> {
        let image = &self.levels[level];
        let (layer, at) = self.coordinates(image, point);
        if point.is_whole || !self.is_linear || !self.gives_floats() {
            return self.element(image, at.map(|place| place.floor() as i64), layer, load);
        }
        // The elements at the corners, each with its weight; of dimensions that are not there the first only.
        let corners = point.shape.dimensions().min(if point.shape == Shape::Cube { 2 } else { 3 });
        let places = at.map(|place| parts(place - 0.5));
        let mut weighed = Vec::with_capacity(8);
        for corner in 0..1_usize << corners {
            let (mut index, mut weight) = ([0; 3], 1.0);
            for (axis, (place, fraction)) in places.iter().enumerate().take(corners) {
                let is_next = corner >> axis & 1;
                index[axis] = place + is_next as i64;
                weight *= if is_next == 1 { *fraction } else { 1.0 - fraction };
            }
            weighed.push((weight, self.element(image, index, layer, load)?));
        }
        Ok(sum(&weighed))
    }

    /// The layer of a point, and its coordinates in elements.
    fn coordinates(&self, image: &Image, point: &Point) -> (u32, [f64; 3]) {
        let (mut layer, mut at) = (point.layer, point.at);
        let mut is_normalized = self.is_normalized && !point.is_whole;
        if point.shape == Shape::Cube {
            let (face, [s, t]) = cube::face(at);
            (layer, at, is_normalized) = (layer.saturating_mul(6).saturating_add(face), [s, t, 0.0], true);
        }
        if is_normalized {
            let place = |axis: usize| self.modes[axis].place(at[axis]) * f64::from(image.extent[axis]);
            at = std::array::from_fn(place);
        }
        (layer.min(image.layers - 1), at)
    }
}

/// The element below a place, and the weight of the next one.
fn parts(place: f64) -> (i64, f64) {
    let below = place.floor();
    (below as i64, ((place - below) * STEPS).round() / STEPS)
}

fn sum(weighed: &[(f64, [u32; 4])]) -> [u32; 4] {
    std::array::from_fn(|number| {
        let all = weighed.iter().filter(|(weight, _)| *weight != 0.0);
        let sum: f64 = all.map(|(weight, element)| weight * f64::from(f32::from_bits(element[number]))).sum();
        (sum as f32).to_bits()
    })
}
