//! Lists that are read in pieces.

use super::{Buffer, Direction, Element, Expr, Function, Len, Param, Scalar, Shape};

impl Function {
    /// The parameter for the next elements of a list, the one that says how many it may have, and the place for how many
    /// there were: all of them numbers of 8 bytes.
    pub fn piece(&self) -> Option<(&Param, &Param, &Param)> {
        let wide = |scalar: &Scalar| matches!(scalar, Scalar::U64 | Scalar::Usize);
        self.params.iter().find_map(|list| {
            let Shape::Buffer(Buffer { direction: Direction::Out, element: Element::Scalar { scalar, .. }, len, .. }) =
                &list.shape
            else {
                return None;
            };
            let Len::Count(Expr::Param(most)) = len else { return None };
            let (_, Expr::Param(count)) = self.facts.written.iter().find(|(name, _)| *name == list.name)? else {
                return None;
            };
            let (most, count) = (self.param(most)?, self.param(count)?);
            let is_number = matches!(&most.shape, Shape::Value { scalar, .. } if wide(scalar));
            let is_place = matches!(
                &count.shape,
                Shape::Buffer(Buffer { direction: Direction::Out, element: Element::Scalar { scalar, .. }, len: Len::One, .. })
                    if wide(scalar)
            );
            (wide(scalar) && is_number && is_place).then_some((list, most, count))
        })
    }
}
