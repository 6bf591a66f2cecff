//! Records on their way into the store and out of it: sealed and opened segment by segment, as they come.

use crate::{
    crypto::Aes,
    kv::Retention,
    objects::subject::records::Slot,
    problem::{Answer, OrInternal as _, Problem},
    stream::{Body, Out, made},
};
use consentry::{
    clock::Timestamp,
    records::{Envelope, Record},
    store::{Metadata, Store as _},
    vault::stream::{HEADER, Segments, plain_len, sealed_len, sealed_size},
};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsValue;

/// Seals a content as it comes and stores it.
pub async fn store(
    store: &Retention,
    slot: &Slot,
    envelope: &Envelope,
    content: Option<Body>,
    length: usize,
    (key_id, expires): (&str, Option<Timestamp>),
) -> Answer<()> {
    let envelope_bytes = envelope.to_bytes().ok_or_else(|| {
        Problem::invalid("content-type", "The content type is too long to be kept with the record.")
    })?;
    let size = sealed_size(envelope_bytes.len() + length);
    let metadata = Metadata {
        key: key_id.to_owned(),
        retain_until: Some(envelope.retain_until),
        size,
        owner: slot.owner.clone(),
    };
    let sealer = Sealer { segments: slot.segments()?, aes: Aes::of(&slot.value_key).await?, index: 0 };
    let (header, other_length) = (slot.header.clone(), Rc::new(Cell::new(false)));
    let differs = Rc::clone(&other_length);
    let value = made(Some(u64::try_from(size).unwrap_or(u64::MAX)), |out| async move {
        out.put(&header).await?;
        sealer.seal_all(envelope_bytes, content, length, &differs, &out).await?;
        out.end().await
    })?;
    let put = store.put_stream(&slot.key, value, &metadata, expires).await;
    if other_length.get() {
        return Err(Problem::malformed("The body is not as long as Content-Length says."));
    }
    put.map_err(|e| Problem::unavailable(crate::problem::sentence(&e)))
}

/// Seals a small content that is at hand, and stores it.
pub async fn store_whole(
    store: &Retention,
    slot: &Slot,
    record: &Record,
    content: &[u8],
    (key_id, expires): (&str, Option<Timestamp>),
) -> Answer<()> {
    let Record { category, name, media_type, at, retain_until, .. } = record.clone();
    let envelope = Envelope { category, name, media_type, at, retain_until };
    let mut plain = envelope.to_bytes().or_internal("sealed.envelope")?;
    plain.extend(content);
    let (segments, mut sealed, mut rest) = (slot.segments()?, slot.header.clone(), plain.as_slice());
    for index in 0.. {
        let (part, after) = rest.split_at(rest.len().min(plain_len(index)));
        sealed.extend(segments.seal(index, after.is_empty(), part).or_internal("sealed.segment")?);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let metadata = Metadata {
        key: key_id.to_owned(),
        retain_until: Some(retain_until),
        size: sealed.len(),
        owner: slot.owner.clone(),
    };
    let put = store.put(&slot.key, &sealed, &metadata, expires).await;
    put.map_err(|e| Problem::unavailable(crate::problem::sentence(&e)))
}

struct Sealer {
    segments: Segments,
    aes: Aes,
    index: u32,
}

impl Sealer {
    async fn seal_all(
        mut self,
        mut waiting: Vec<u8>,
        content: Option<Body>,
        length: usize,
        differs: &Cell<bool>,
        out: &Out,
    ) -> Result<(), JsValue> {
        let mut came = 0;
        if let Some(mut content) = content {
            while let Some(piece) = content.next().await.inspect_err(|_| differs.set(true))? {
                came += piece.len();
                waiting.extend(piece);
                while waiting.len() > plain_len(self.index) {
                    let rest = waiting.split_off(plain_len(self.index));
                    self.seal(false, &waiting, out).await?;
                    waiting = rest;
                }
            }
        }
        if came != length {
            differs.set(true);
            return Err(JsValue::from(js_sys::Error::new("the body has another length")));
        }
        self.seal(true, &waiting, out).await
    }

    async fn seal(&mut self, is_last: bool, plain: &[u8], out: &Out) -> Result<(), JsValue> {
        let sealed = self.aes.seal(&self.segments.nonce(self.index, is_last), plain).await?;
        self.index += 1;
        out.put(&sealed).await
    }
}

/// What a record in the store turned out to be.
pub enum Opened {
    /// What it should be.
    Content(Opening),
    /// It is not there, or not visible here yet.
    Missing,
    /// It is not what was sealed.
    Damaged,
}

/// Why a content is not read to its end.
pub enum Broken {
    /// A part is not what was sealed.
    Damaged,
    /// The store could not be read.
    Unreadable(JsValue),
}

/// A record's content as it is opened, piece by piece.
pub struct Opening {
    /// What comes first.
    first: Vec<u8>,
    opener: Opener,
    length: u64,
}

impl Opening {
    /// The next piece; nothing after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        if !self.first.is_empty() {
            return Ok(Some(std::mem::take(&mut self.first)));
        }
        if self.opener.is_over() {
            return Ok(None);
        }
        self.opener.next().await.map_err(Broken::Unreadable)?.ok_or(Broken::Damaged).map(Some)
    }

    /// The content as a stream, which breaks off where a part is not what was sealed, after `report`.
    pub fn stream(mut self, report: impl Future<Output = ()> + 'static) -> Answer<web_sys::ReadableStream> {
        made(Some(self.length), |out| async move {
            loop {
                match self.next().await {
                    Ok(Some(piece)) => out.put(&piece).await?,
                    Ok(None) => return out.end().await,
                    Err(Broken::Unreadable(error)) => return Err(error),
                    Err(Broken::Damaged) => {
                        report.await;
                        return Err(JsValue::from(js_sys::Error::new("the record is damaged")));
                    }
                }
            }
        })
    }
}

/// Opens a record. What comes first is looked at before anything is handed out.
pub async fn open(store: &Retention, slot: &Slot, record: &Record) -> Answer<Opened> {
    let unavailable = |e: consentry::store::StoreError| Problem::unavailable(crate::problem::sentence(&e));
    let Some(stream) = store.get_stream(&slot.key).await.map_err(unavailable)? else {
        return Ok(Opened::Missing);
    };
    let mut body = Body::of(&stream)?;
    let mut waiting = Vec::new();
    while waiting.len() < HEADER + sealed_len(0) + 1 {
        match body.next().await.or_internal("sealed.read")? {
            Some(piece) => waiting.extend(piece),
            None => break,
        }
    }
    if waiting.len() < HEADER || !waiting.starts_with(&slot.header) {
        return Ok(Opened::Damaged);
    }
    let mut opener = Opener {
        segments: slot.segments()?,
        aes: Aes::of(&slot.value_key).await?,
        index: 0,
        waiting: waiting.split_off(HEADER),
        body,
    };
    let Some(first) = opener.next().await.or_internal("sealed.open")? else { return Ok(Opened::Damaged) };
    let Some((envelope, length)) = Envelope::read(&first) else { return Ok(Opened::Damaged) };
    if envelope.category != record.category || envelope.name != record.name {
        return Ok(Opened::Damaged);
    }
    let first = first.get(length..).unwrap_or_default().to_vec();
    Ok(Opened::Content(Opening { first, opener, length: record.size }))
}

/// Reads a small record whole.
pub async fn open_whole(store: &Retention, slot: &Slot, record: &Record) -> Answer<Result<Vec<u8>, Opened>> {
    let stored =
        store.get(&slot.key).await.map_err(|e| Problem::unavailable(crate::problem::sentence(&e)))?;
    let Some(stored) = stored else { return Ok(Err(Opened::Missing)) };
    let Some(sealed) = stored.value.strip_prefix(slot.header.as_slice()) else {
        return Ok(Err(Opened::Damaged));
    };
    let (segments, mut rest, mut plain) = (slot.segments()?, sealed, Vec::new());
    for index in 0.. {
        let (part, after) = rest.split_at(rest.len().min(sealed_len(index)));
        let Ok(part) = segments.open(index, after.is_empty(), part) else { return Ok(Err(Opened::Damaged)) };
        plain.extend(part);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    match Envelope::read(&plain) {
        Some((envelope, length)) if envelope.category == record.category && envelope.name == record.name => {
            Ok(Ok(plain.split_off(length)))
        }
        _ => Ok(Err(Opened::Damaged)),
    }
}

/// Opens segments one after the other.
struct Opener {
    segments: Segments,
    aes: Aes,
    index: u32,
    /// What has come of this segment and the next, sealed.
    waiting: Vec<u8>,
    body: Body,
}

impl Opener {
    /// The next segment, in the clear; nothing if it is not what was sealed there.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let length = sealed_len(self.index);
        // One byte more says that it is not the last.
        while self.waiting.len() <= length {
            match self.body.next().await? {
                Some(piece) => self.waiting.extend(piece),
                None => break,
            }
        }
        let is_last = self.waiting.len() <= length;
        let rest = if is_last { Vec::new() } else { self.waiting.split_off(length) };
        let sealed = std::mem::replace(&mut self.waiting, rest);
        let nonce = self.segments.nonce(self.index, is_last);
        self.index += 1;
        self.aes.open(&nonce, &sealed).await
    }

    /// Whether the last segment has been opened.
    fn is_over(&self) -> bool {
        self.waiting.is_empty()
    }
}
