//! Images: how both sides ask how large their pixels are.

use super::events::{Question, question};
use crate::model::{Api, TypeKind};

/// What is asked of an image.
#[derive(Debug)]
pub struct Pixels<'a> {
    /// How many bytes a pixel has.
    pub size: Question<'a>,
    /// The question, and its answer for arrays of rows.
    pub rows: (Question<'a>, i128),
}

/// How the pixels of objects of a type are asked for, if these are images.
pub fn pixels<'a>(api: &'a Api, ty: &str) -> Option<Pixels<'a>> {
    let TypeKind::Handle { pixels: Some(pixels), .. } = &api.types.get(ty)?.kind else { return None };
    let (rows, of_rows) = &pixels.rows;
    Some(Pixels { size: question(api, &pixels.size)?, rows: (question(api, rows)?, *of_rows) })
}
