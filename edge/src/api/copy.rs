//! The download of a person's copy: a ZIP that is put together as it is taken.

use crate::{
    objects::subject::{
        self, Call,
        export::{Begun, Content, Missing, Page, Text},
        records::{self, Place},
    },
    parcel::{End, Next, Parcels},
    policies::Held,
    problem::{Answer, OrInternal as _},
    response,
    stream::{Body, Out, made},
    world,
};
use consentry::{
    banner::{CopyFile, CopyIndex, index_page},
    decider::{Caller, CallerClass},
    id::SubjectId,
    policy::{Locale, Policy, Region},
    rights::{Archive, copy::ending, request::Right},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue};
use worker::{Env, Response, ResponseBody};

/// How many contents are asked for together: an invocation may read a thousand values.
const TOGETHER: usize = 250;

/// How many files the first page lists, and one part of the manifest.
const LISTED: usize = 1_000;

/// Whom a copy is made for, and how.
pub struct Reader {
    /// The language of what is for reading.
    pub locale: Locale,
    /// Where they are, as far as that is known.
    pub region: Option<Region>,
    /// Who asks.
    pub by: Caller,
    /// What the copy is to be encrypted with.
    pub passphrase: Option<String>,
}

/// The answer with the archive. What fails on the way breaks it off, so that nobody takes half a copy for a whole one.
pub fn download(
    env: &Env,
    subject: SubjectId,
    begun: Begun,
    held: Rc<Held>,
    reader: Reader,
) -> Answer<Response> {
    let env = env.clone();
    let name = if begun.scope == Right::Portability { "my-data-portable" } else { "my-data" };
    let inner = format!("{name}.zip");
    let (name, archive) = match &reader.passphrase {
        None => (inner, Archive::begun(begun.at)),
        Some(passphrase) => {
            let archive = Archive::encrypted(begun.at, &inner, passphrase, world::random()?);
            (format!("{name}-encrypted.zip"), archive.or_internal("copy.encrypted")?)
        }
    };
    let stream = made(None, |out| async move {
        let copy = Copy {
            env,
            subject,
            archive,
            out,
            folder: String::new(),
            listed: Vec::new(),
            others: 0,
            files: Vec::new(),
            parts: Vec::new(),
            missing: Vec::new(),
            names: BTreeMap::new(),
        };
        copy.write(&begun, &held, &reader).await.map_err(|problem| JsValue::from_str(&problem.title))
    })?;
    let builder = response::plain(200)?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [("content-type", "application/zip"), ("content-disposition", disposition.as_str())];
    let builder = headers.iter().try_fold(builder, |builder, (name, value)| {
        builder.with_header(name, value).or_internal("copy.headers")
    })?;
    Ok(builder.body(ResponseBody::Stream(stream.unchecked_into())))
}

struct Copy {
    env: Env,
    subject: SubjectId,
    archive: Archive,
    out: Out,
    /// Where files go.
    folder: String,
    /// The files that the first page lists, and how many there are besides.
    listed: Vec<CopyFile>,
    others: u64,
    /// The files that no part of the manifest has yet, and the parts.
    files: Vec<Value>,
    parts: Vec<String>,
    missing: Vec<Missing>,
    /// How many files there are of each name, without number and ending.
    names: BTreeMap<String, u32>,
}

impl Copy {
    async fn write(mut self, begun: &Begun, held: &Held, reader: &Reader) -> Answer<()> {
        let Reader { locale, region, .. } = reader;
        self.file("metadata.json", pretty(&metadata(&held.policy, begun, locale))?.as_bytes()).await?;
        self.pages(begun, held, locale).await?;
        let account = self.subject;
        for (number, device) in (1..).zip(&begun.devices) {
            let call = Call::CopyLinked { account, scope: begun.scope, by: reader.by };
            let begun: Option<Begun> = subject::call(&self.env, *device, &call).await?;
            if let Some(begun) = begun {
                (self.subject, self.folder) = (*device, format!("devices/{number}/"));
                self.pages(&begun, held, locale).await?;
            }
        }
        let missing: Vec<_> = self.missing.iter().map(|one| (one.record.clone(), one.why.clone())).collect();
        let index = index_page(&CopyIndex {
            policy: &held.policy,
            locale,
            region: region.as_ref(),
            scope: begun.scope,
            at: begun.at,
            files: &self.listed,
            others: self.others,
            missing: &missing,
        });
        self.folder.clear();
        self.file("index.html", index.as_bytes()).await?;
        let mut manifest = json!({"files": self.files, "not_included": self.missing});
        if let (Some(manifest), false) = (manifest.as_object_mut(), self.parts.is_empty()) {
            manifest.insert("more".to_owned(), json!(self.parts));
        }
        self.file("manifest.json", pretty(&manifest)?.as_bytes()).await?;
        let rest = self.archive.finish().or_internal("copy.finish")?;
        self.out.put(&rest).await.or_internal("copy.put")?;
        self.out.end().await.or_internal("copy.end")
    }

    /// Everything about one person, page by page.
    async fn pages(&mut self, begun: &Begun, held: &Held, locale: &Locale) -> Answer<()> {
        let mut cursor = None;
        loop {
            let (policy, locale) = (held.document.clone(), locale.clone());
            let call = Call::Copy { id: begun.id.clone(), cursor, policy, locale };
            let Page { texts, contents, missing, next } =
                subject::call(&self.env, self.subject, &call).await?;
            for text in &texts {
                self.text(text).await?;
            }
            for contents in contents.chunks(TOGETHER) {
                self.contents(&begun.id, contents).await?;
            }
            self.missing.extend(missing);
            let Some(next) = next else { return Ok(()) };
            cursor = Some(next);
        }
    }

    async fn file(&mut self, name: &str, content: &[u8]) -> Answer<()> {
        self.archive.file(name, content).or_internal("copy.file")?;
        self.flush().await?;
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.list(name, bytes, json!({"name": name, "bytes": bytes})).await
    }

    /// Enters a file into the manifest, a part of which is written when it grows long: what is in memory stays the same.
    async fn list(&mut self, name: &str, bytes: u64, described: Value) -> Answer<()> {
        if self.listed.len() < LISTED || name.strip_suffix(".html").is_some() {
            self.listed.push(CopyFile { name: name.to_owned(), bytes });
        } else {
            self.others += 1;
        }
        self.files.push(described);
        if self.files.len() < LISTED {
            return Ok(());
        }
        let name = format!("manifest-{}.json", self.parts.len() + 1);
        let part = pretty(&json!({"files": std::mem::take(&mut self.files)}))?;
        self.archive.file(&name, part.as_bytes()).or_internal("copy.file")?;
        self.parts.push(name);
        self.flush().await
    }

    /// A file of text; the second of a name and those after it have a number.
    async fn text(&mut self, Text { name, ending, content }: &Text) -> Answer<()> {
        let name = format!("{}{name}", self.folder);
        let count = self.names.entry(format!("{name}.{ending}")).or_default();
        *count += 1;
        let name = if *count == 1 { format!("{name}.{ending}") } else { format!("{name}-{count}.{ending}") };
        self.file(&name, content.as_bytes()).await
    }

    /// Contents of records, each as a file.
    async fn contents(&mut self, id: &str, contents: &[Content]) -> Answer<()> {
        let places = contents.iter().map(|content| content.place.clone()).collect();
        let call = Call::Contents { id: id.to_owned(), places };
        let stream = subject::stream(&self.env, self.subject, &call).await?;
        let mut parcels = Parcels::of(Body::of(&stream)?);
        for content in contents {
            self.content(content, &mut parcels).await?;
        }
        Ok(())
    }

    /// One of them. A number keeps names apart that some systems take for the same.
    async fn content(&mut self, Content { record, .. }: &Content, parcels: &mut Parcels) -> Answer<()> {
        let folder = format!("{}records/{}", self.folder, record.category);
        let number = self.names.get(&folder).copied().unwrap_or_default() + 1;
        let name = format!("{folder}/{number:04}-{}.{}", record.name, ending(&record.media_type));
        let mut bytes = 0_u64;
        let mut is_begun = false;
        let end = loop {
            let next = parcels.next().await?;
            if !is_begun && matches!(next, Next::Piece(_) | Next::End(End::Whole)) {
                self.archive.begin(&name).or_internal("copy.begin")?;
                self.names.insert(folder.clone(), number);
                is_begun = true;
            }
            match next {
                Next::Piece(piece) => {
                    self.archive.write(&piece).or_internal("copy.write")?;
                    bytes += u64::try_from(piece.len()).unwrap_or_default();
                    self.flush().await?;
                }
                Next::End(end) => break end,
            }
        };
        if end != End::Whole {
            self.missing.push(Missing::of(record, end));
        }
        if end == End::Damaged {
            let place = Place { category: record.category.clone(), name: record.name.clone() };
            let ask = records::Ask::Damaged { place, event: record.event };
            let call = Call::Records { ask, by: CallerClass::System.into() };
            subject::call::<bool>(&self.env, self.subject, &call).await?;
        }
        if !is_begun {
            return Ok(());
        }
        let described = json!({
            "name": name, "bytes": bytes, "media_type": record.media_type, "record": record.name,
            "stored": record.at, "retain_until": record.retain_until, "whole": end == End::Whole,
        });
        self.list(&name, bytes, described).await
    }

    /// Hands over what has been written.
    async fn flush(&mut self) -> Answer<()> {
        let written = self.archive.take().or_internal("copy.take")?;
        self.out.put(&written).await.or_internal("copy.put")
    }
}

/// What the person has to be told with their copy (GDPR Article 15(1)), as the policy declares it.
fn metadata(policy: &Policy, begun: &Begun, locale: &Locale) -> Value {
    let scope = match begun.scope {
        Right::Portability => "What you provided, on consent or contract (GDPR Article 20).",
        _ => {
            "Everything held about you: records, consent decisions with their receipts, and what the audit log says."
        }
    };
    let purposes: Vec<Value> = policy
        .purposes
        .iter()
        .map(|purpose| json!({"id": purpose.id, "name": purpose.name.get(locale), "basis": purpose.basis}))
        .collect();
    let categories: Vec<Value> = policy
        .records
        .iter()
        .map(|one| {
            json!({
                "id": one.id, "name": one.name.get(locale), "purposes": one.purposes, "retention": one.retention,
                "source": one.source, "received_from": one.received_from_in(locale, policy),
                "portable": one.is_portable(policy), "withheld": one.withheld,
            })
        })
        .collect();
    let recipients: Vec<Value> = policy
        .services
        .iter()
        .map(|service| {
            json!({
                "service": service.name, "purpose": service.purpose, "recipient": service.recipient,
                "transfer": service.transfer,
            })
        })
        .collect();
    let systems: Vec<Value> = policy
        .rights
        .connectors
        .iter()
        .map(|system| json!({"id": system.id, "name": system.name.get(locale)}))
        .collect();
    let mut metadata = json!({
        "format": "consentry/export/2",
        "right": begun.scope,
        "scope": scope,
        "site": policy.site.id,
        "controller": policy.controller,
        "generated": begun.at,
        "records": begun.records,
        "purposes": purposes,
        "categories": categories,
        "recipients": recipients,
        "systems": systems,
        "decisions": {
            "kept": "Until erasure. What is left then is a minimal proof, for its retention.",
            "proof": {"retention": policy.consent.proof.retention, "ground": policy.consent.proof.ground},
        },
        "log": {
            "kept": "Each entry for the retention, or until erasure. Action, time and a salted hash stay.",
            "retention": policy.log.retention,
        },
        "rights": [
            "rectification (Article 16)", "erasure (Article 17)", "restriction (Article 18)", "portability (Article 20)",
            "objection (Article 21)", "complaint to a supervisory authority (Article 77)",
            "judicial remedy (Article 79)",
        ],
        "verify": "Each file under receipts/ can be checked offline with the public keys at /.consentry/keys.",
    });
    // Of what the site has not declared nothing is asserted; an empty list says that there are none.
    let automated = policy.automated_decisions_in(locale);
    if let (Some(metadata), Some(decisions)) = (metadata.as_object_mut(), automated) {
        metadata.insert("automated_decisions".to_owned(), json!(decisions));
    }
    metadata
}

fn pretty(value: &Value) -> Answer<String> {
    serde_json::to_string_pretty(value).or_internal("copy.json")
}
