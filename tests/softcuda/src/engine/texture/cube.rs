//! Faces of a cube ("CUDA C++ Programming Guide", "Cubemap Textures").

/// The face that a direction meets, and where: coordinates from 0 to 1.
pub fn face([x, y, z]: [f64; 3]) -> (u32, [f64; 2]) {
    let (face, major, s, t) = if x.abs() > y.abs() && x.abs() > z.abs() {
        if x >= 0.0 { (0, x, -z, -y) } else { (1, -x, z, -y) }
    } else if y.abs() > z.abs() {
        if y >= 0.0 { (2, y, x, z) } else { (3, -y, x, -z) }
    } else if z >= 0.0 {
        (4, z, x, -y)
    } else {
        (5, -z, -x, -y)
    };
    (face, [s, t].map(|way| (way / major + 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::face;

    #[test]
    fn directions_meet_faces() {
        assert_eq!(face([2.0, 1.0, 0.0]), (0, [0.5, 0.25]));
        assert_eq!(face([-2.0, 0.0, 1.0]), (1, [0.75, 0.5]));
        assert_eq!(face([1.0, 2.0, 0.0]), (2, [0.75, 0.5]));
        assert_eq!(face([0.0, -2.0, 1.0]), (3, [0.5, 0.25]));
        assert_eq!(face([0.0, 1.0, 2.0]), (4, [0.5, 0.25]));
        assert_eq!(face([1.0, 0.0, -2.0]), (5, [0.25, 0.5]));
    }
}
