//! Contents on their way from one part of the service to another: many in one stream, each with a word on how it ended.
//!
//! A stream is a row of frames: a byte that says what the frame is, four bytes with the length of what follows (the least
//! significant first), and that many bytes.

use crate::{
    problem::{Answer, OrInternal as _},
    stream::{Body, Out},
};
use wasm_bindgen::JsValue;

const HEAD: usize = 5;

/// How a content ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is whole.
    Whole,
    /// It is not in the store, or not visible there yet.
    Missing,
    /// It is not what was sealed; what came before stands.
    Damaged,
}

/// Puts a part of a content.
pub async fn put_piece(out: &Out, piece: &[u8]) -> Result<(), JsValue> {
    let length = u32::try_from(piece.len()).map_err(|_| JsValue::from_str("a piece is too long"))?;
    let mut frame = Vec::with_capacity(HEAD + piece.len());
    frame.push(0);
    frame.extend(length.to_le_bytes());
    frame.extend(piece);
    out.put(&frame).await
}

/// Puts the end of a content.
pub async fn put_end(out: &Out, end: End) -> Result<(), JsValue> {
    let kind = match end {
        End::Whole => 1,
        End::Missing => 2,
        End::Damaged => 3,
    };
    out.put(&[kind, 0, 0, 0, 0]).await
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// A part of the content.
    Piece(Vec<u8>),
    /// Its end.
    End(End),
}

/// Reads a stream of contents.
pub struct Parcels {
    body: Body,
    /// What has come and is not read yet.
    waiting: Vec<u8>,
    /// How much of the piece at hand is still to come.
    left: usize,
}

impl Parcels {
    /// Begins to read.
    pub fn of(body: Body) -> Self {
        Self { body, waiting: Vec::new(), left: 0 }
    }

    /// The next part of the content at hand, or its end.
    pub async fn next(&mut self) -> Answer<Next> {
        if self.left == 0 {
            while self.waiting.len() < HEAD {
                self.more().await?;
            }
            let rest = self.waiting.split_off(HEAD);
            let head = std::mem::replace(&mut self.waiting, rest);
            let (kind, length) = head.split_first().or_internal("parcel.head")?;
            let length = length.first_chunk().copied().map(u32::from_le_bytes).or_internal("parcel.head")?;
            match kind {
                0 => self.left = usize::try_from(length).or_internal("parcel.length")?,
                1 => return Ok(Next::End(End::Whole)),
                2 => return Ok(Next::End(End::Missing)),
                3 => return Ok(Next::End(End::Damaged)),
                _ => return None.or_internal("parcel.kind"),
            }
        }
        if self.waiting.is_empty() && self.left > 0 {
            self.more().await?;
        }
        let rest = self.waiting.split_off(self.left.min(self.waiting.len()));
        let piece = std::mem::replace(&mut self.waiting, rest);
        self.left -= piece.len();
        Ok(Next::Piece(piece))
    }

    /// Takes more in. The sender ends no content without a word.
    async fn more(&mut self) -> Answer<()> {
        let piece = self.body.next().await.or_internal("parcel.read")?.or_internal("parcel.broken")?;
        if self.waiting.is_empty() {
            self.waiting = piece;
        } else {
            self.waiting.extend(piece);
        }
        Ok(())
    }
}
